import { spawn } from 'node:child_process';
import type { Clock } from '../core/clock.ts';
import { within } from './turns.ts';

export interface CommandRun {
  /** A shell line, as its person wrote it into the settings. */
  command: string;
  /** Goes to stdin; secrets travel this way only, never as an argument. */
  input?: string;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  timeoutMs: number;
}

/** `code` is null where the command was killed or could not be started. stderr is thrown away: it may name secrets. */
export type CommandResult = { code: number | null; stdout: string } | 'late' | 'too long';

/** Answers are tokens, not files. */
const LONGEST_ANSWER_BYTES = 4 * 1024 * 1024;

/** Runs a shell line to its end. After `timeoutMs` the whole process group is killed. */
export async function runCommand(run: CommandRun): Promise<CommandResult> {
  const child = spawn(run.command, {
    shell: true,
    // A group of its own, so that a killed shell does not leave its children behind.
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'ignore'],
    env: withoutOwnSecrets(run.env),
    windowsHide: true,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= LONGEST_ANSWER_BYTES) chunks.push(chunk);
    else kill(child.pid);
  });
  // A command that doesn't care for its input closes the pipe early; its exit code says what it thinks.
  child.stdin.on('error', () => undefined);
  child.stdin.end(run.input ?? '');
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code));
  });
  const code = await within(run.clock, run.timeoutMs, ended);
  if (code === 'late') {
    kill(child.pid);
    await ended;
    return 'late';
  }
  if (bytes > LONGEST_ANSWER_BYTES) return 'too long';
  return { code, stdout: Buffer.concat(chunks).toString('utf8') };
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** The file vault's passphrase is no business of a command. */
function withoutOwnSecrets(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const { REPOST_VAULT_PASSPHRASE: _, ...rest } = env;
  return rest;
}
