import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { firstAppPassword } from '../../src/sandbox/bluesky-sessions.ts';
import { approve } from '../../src/sandbox/person.ts';
import { sandboxBotToken } from '../../src/sandbox/telegram.ts';
import { describeWith } from '../tools.ts';
import { type CliHome, entry, openCliHome } from './home.ts';
import { openScreen, type Screen } from './tmux.ts';

let home: CliHome;
let browser: Server;
let screen: Screen;

/** A browser with a person before it: whatever address is opened is allowed. */
async function openBrowser(): Promise<string> {
  browser = createServer((request, response) => {
    request.on('data', (address: Buffer) => void approve(address.toString(), { account: '@creator' }));
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => browser.once('listening', resolve));
  const program = join(home.dir, 'browser.mjs');
  const { port } = browser.address() as AddressInfo;
  writeFileSync(
    program,
    `await fetch('http://127.0.0.1:${port}', { method: 'POST', body: process.argv[2] });\n`,
  );
  return `${process.execPath} ${program}`;
}

beforeEach(async () => {
  home = await openCliHome();
  for (const caption of ['Morning ride #bike', 'Noon', 'Night ride']) await home.publish(caption);
  const bin = join(home.dir, 'bin');
  mkdirSync(bin);
  symlinkSync(entry, join(bin, 'repost'));
  const { REPOST_NO_INPUT: _, ...env } = home.env;
  screen = openScreen({
    rows: 400,
    env: {
      ...env,
      PATH: `${bin}:${process.env['PATH']}`,
      TERM: 'screen',
      BROWSER: await openBrowser(),
      PS1: 'shell> ',
    },
  });
});
afterEach(async () => {
  screen.close();
  browser.close();
  await home.close();
});

let destinations = 'youtube, instagram, x';
const answers: readonly (readonly [RegExp, () => string])[] = [
  [/Platforms, with commas/u, () => destinations],
  [/Do it now\?|Try again\?/u, () => 'yes'],
  [/Your server/u, () => 'mastodon.social'],
  [/Your handle/u, () => 'creator.bsky.social'],
  [/App password/u, () => firstAppPassword],
  [/token/u, () => sandboxBotToken],
  [/Your channel/u, () => '@creator'],
  [/Client id/u, () => `sandbox-${platformOf(screen.text())}-id`],
  [/Client secret/u, () => `sandbox-${platformOf(screen.text())}-secret`],
  [/Originals/u, () => home.originals],
  [/How many of the videos/u, () => '3'],
  [/Keep this rule\?/u, () => 'y'],
  [/Tell me by/u, () => 'none'],
  [/Which account/u, () => ''],
];

/** Whose heading was said last. */
function platformOf(text: string): string {
  return [...text.matchAll(/^(\w+): keys of your own app$/gmu)].at(-1)?.[1]?.toLowerCase() ?? '';
}

const END = /^(All is set up\.|Left for later:)$/mu;

const isShell = (line: string) => /^(?:.*[#$]|shell>)$/u.test(line.trim());

/** The question that waits, without what was typed so far; or the end. */
function waiting(text: string): string | undefined {
  // Below a secret stands how to see it; before that, its field does not listen yet.
  const lines = text.split('\n');
  const hinted = lines.at(-1) === 'ctrl+t toggle visibility';
  const last = lines.at(hinted ? -2 : -1) ?? '';
  if (isShell(last)) return END.test(text) ? 'end' : undefined;
  if (!last.startsWith('? ') || (/secret|password|token/u.test(last) && !hinted)) return undefined;
  const asked = answers.find(([pattern]) => pattern.test(last));
  if (!asked) throw new Error(`Nobody expected this question: ${last}\n${text}`);
  return pattern(asked);
}

const pattern = ([{ source }]: (typeof answers)[number]) => source;
const answered = (text: string) => text.split('\n').filter((line) => line.startsWith('✔ ')).length;

async function answer(question: string): Promise<void> {
  const before = answered(screen.text());
  screen.type(answers.find((entry) => pattern(entry) === question)?.[1]() ?? '');
  await screen.until((text) => (answered(text) > before ? true : undefined));
}

async function posts(): Promise<string[]> {
  const out = await home.repost.run(['posts', '--json']);
  return (JSON.parse(out) as { platform: string }[]).map(({ platform }) => platform).sort();
}

const nine = ['instagram', 'youtube', 'x'].flatMap((platform) => [platform, platform, platform]).sort();

describeWith({ tmux: 'tmux' }, 'repost init', () => {
  it('goes from nothing to nine posts', { timeout: 150_000 }, async () => {
    screen.type('clear; repost init');
    for (;;) {
      const question = await screen.until(waiting);
      if (question === 'end') break;
      await answer(question);
    }
    expect(await posts()).toEqual(nine);
  });

  it('can be interrupted at every question, and goes on from there', { timeout: 480_000 }, async () => {
    destinations = 'youtube, bluesky, mastodon, telegram';
    const interrupted = new Set<string>();
    screen.type('clear; repost init');
    for (;;) {
      const question = await screen.until(waiting);
      if (question === 'end') break;
      const key = `${platformOf(screen.text())} ${question}`;
      if (interrupted.has(key)) {
        await answer(question);
        continue;
      }
      interrupted.add(key);
      screen.press('C-c');
      await screen.until((text) =>
        text.includes('Go on with: repost init') && isShell(text.split('\n').at(-1) ?? '') ? true : undefined,
      );
      screen.type('clear; repost init');
    }
    // Two developer apps, four ways to sign in, the rule, and what comes after it.
    expect(interrupted.size).toBeGreaterThan(15);
    const four = ['bluesky', 'mastodon', 'telegram', 'youtube'];
    expect(await posts()).toEqual(four.flatMap((platform) => [platform, platform, platform]));
  });
});
