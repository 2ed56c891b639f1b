import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../src/core/clock.ts';

/** A real terminal with a program in it, as a person sees and types it. */
export interface Screen {
  /** What is to be seen, without what is empty below. */
  text(): string;
  /** The same as the terminal broke it into rows. */
  rows(): string;
  /** Everything that is written to the terminal from now on goes into this file too. */
  record(file: string): void;
  /** The same with its colours, as escape sequences. */
  colours(): string;
  /** Types text and Enter. */
  type(text: string): void;
  /** Presses a key by tmux's name for it: `C-c`, `Enter`. */
  press(key: string): void;
  /** Waits until what is to be seen satisfies; throws with the screen where it never does. */
  until<T>(seen: (text: string) => T | undefined, patienceMs?: number): Promise<T>;
  close(): void;
}

export interface ScreenOptions {
  env: NodeJS.ProcessEnv;
  columns?: number;
  rows?: number;
}

const LOOK_AGAIN_MS = 40;

/** Opens a shell in a terminal. Wants Debian's tmux. */
export function openScreen({ env, columns = 80, rows = 50 }: ScreenOptions): Screen {
  const socket = `repost-${randomBytes(6).toString('hex')}`;
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { env, encoding: 'utf8' });
  tmux('new-session', '-d', '-s', 'main', '-x', String(columns), '-y', String(rows), 'sh');
  tmux('set-option', '-g', 'history-limit', '20000');
  const text = () => tmux('capture-pane', '-p', '-J', '-t', 'main').trimEnd();
  return {
    text,
    rows: () => tmux('capture-pane', '-p', '-t', 'main').trimEnd(),
    record: (file) => void tmux('pipe-pane', '-t', 'main', `cat >> ${file}`),
    colours: () => tmux('capture-pane', '-p', '-e', '-t', 'main').trimEnd(),
    type: (line) => {
      if (line !== '') tmux('send-keys', '-t', 'main', '-l', line);
      tmux('send-keys', '-t', 'main', 'Enter');
    },
    press: (key) => void tmux('send-keys', '-t', 'main', key),
    async until(seen, patienceMs = 40_000) {
      const giveUpAt = systemClock.now() + patienceMs;
      for (;;) {
        const found = seen(text());
        if (found !== undefined) return found;
        if (systemClock.now() > giveUpAt) throw new Error(`It never came. The screen:\n${text()}`);
        await systemClock.sleep(LOOK_AGAIN_MS);
      }
    },
    close: () => {
      tmux('kill-server');
    },
  };
}
