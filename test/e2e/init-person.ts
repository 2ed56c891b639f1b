import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { firstAppPassword } from '../../src/sandbox/bluesky-sessions.ts';
import { approve } from '../../src/sandbox/person.ts';
import { sandboxBotToken } from '../../src/sandbox/telegram.ts';
import type { CliHome } from './home.ts';
import type { Screen } from './tmux.ts';

/** A browser with a person before it: whatever address is opened is allowed. Gives what BROWSER has to be. */
export async function openBrowser(home: CliHome): Promise<{ command: string; server: Server }> {
  const server = createServer((request, response) => {
    request.on('data', (address: Buffer) => void approve(address.toString(), { account: '@creator' }));
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const program = join(home.dir, 'browser.mjs');
  const ask = `await fetch('http://127.0.0.1:${port}', { method: 'POST', body: process.argv[2] });\n`;
  writeFileSync(program, ask);
  return { command: `${process.execPath} ${program}`, server };
}

/** Whoever answers `repost init` on a screen, knowing where to post and what to type. */
export interface Person {
  /** The question that waits, by a name of its own; `end` after the last. */
  question(): Promise<string>;
  answer(question: string): Promise<void>;
  /** Types the answer, and waits for nothing. */
  type(question: string): void;
  /** Keys pressed so far. */
  keys(): number;
  /** The step that was begun last, by its heading. */
  step(): string;
}

const HEADING =
  /^(?:Where to\?|\w+: (?:keys of your own app|sign in)|Your first rule|Publish what is due|Run it by itself|Be told .*|Check everything)$/gmu;
const END = /^(All is set up\.|Left for later:)$/mu;

export const atShell = (text: string) => /^(?:.*[#$]|shell>)$/u.test(text.split('\n').at(-1)?.trim() ?? '');

export function openPerson(home: CliHome, screen: Screen, destinations: string): Person {
  const step = () => screen.text().match(HEADING)?.at(-1) ?? '';
  const platform = () => step().split(':')[0]?.toLowerCase() ?? '';
  const answers: readonly (readonly [RegExp, () => string])[] = [
    [/Platforms, with commas/u, () => destinations],
    [/Do it now\?|Try again\?/u, () => 'yes'],
    [/Your server/u, () => 'mastodon.social'],
    [/Your handle/u, () => 'creator.bsky.social'],
    [/App password/u, () => firstAppPassword],
    [/token/u, () => sandboxBotToken],
    [/Your channel/u, () => '@creator'],
    [/Client id/u, () => `sandbox-${platform()}-id`],
    [/Client secret/u, () => `sandbox-${platform()}-secret`],
    [/Originals/u, () => home.originals],
    [/How many of the videos/u, () => '3'],
    [/Keep this rule\?/u, () => 'y'],
    [/Tell me by/u, () => 'none'],
    [/Which account/u, () => ''],
  ];

  function waiting(text: string): string | undefined {
    // Below a secret stands how to see it; before that, its field does not listen yet.
    const lines = text.split('\n');
    const hinted = lines.at(-1) === 'ctrl+t toggle visibility';
    const last = lines.at(hinted ? -2 : -1) ?? '';
    if (atShell(last)) return END.test(text) ? 'end' : undefined;
    // On a terminal that draws nothing a question is a line that ends with a colon.
    const plain = last.endsWith(':') && !last.startsWith('? ') && answers.some(([asked]) => asked.test(last));
    if (!plain && (!last.startsWith('? ') || (/secret|password|token/u.test(last) && !hinted)))
      return undefined;
    const asked = answers.find(([pattern]) => pattern.test(last));
    if (!asked) throw new Error(`Nobody expected this question: ${last}\n${text}`);
    return asked[0].source;
  }

  let keys = 0;
  function type(question: string): void {
    const text = answers.find(([pattern]) => pattern.source === question)?.[1]() ?? '';
    keys += text.length + 1;
    screen.type(text);
  }

  return {
    step,
    type,
    keys: () => keys,
    question: () => screen.until(waiting),
    async answer(question) {
      const lines = () => screen.text().split('\n');
      const answered = () => lines().filter((line) => line.startsWith('✔ ')).length;
      const isPlain = !lines().some((line) => line.startsWith('? '));
      const count = isPlain ? () => lines().length : answered;
      const before = count();
      type(question);
      await screen.until(() => (count() > before ? true : undefined));
    },
  };
}
