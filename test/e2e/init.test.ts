import { mkdirSync, symlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { type CliHome, entry, openCliHome } from './home.ts';
import { atShell, openBrowser, openPerson } from './init-person.ts';
import { openScreen, type Screen } from './tmux.ts';

let home: CliHome;
let browser: Server;
let screen: Screen;

beforeEach(async () => {
  home = await openCliHome();
  for (const caption of ['Morning ride #bike', 'Noon', 'Night ride']) await home.publish(caption);
  const bin = join(home.dir, 'bin');
  mkdirSync(bin);
  symlinkSync(entry, join(bin, 'repost'));
  const { REPOST_NO_INPUT: _, ...env } = home.env;
  const opened = await openBrowser(home);
  browser = opened.server;
  screen = openScreen({
    rows: 400,
    env: {
      ...env,
      PATH: `${bin}:${process.env['PATH']}`,
      TERM: 'screen',
      BROWSER: opened.command,
      PS1: 'shell> ',
    },
  });
});
afterEach(async () => {
  screen.close();
  browser.close();
  await home.close();
});

async function posts(): Promise<string[]> {
  const out = await home.repost.run(['posts', '--json']);
  return (JSON.parse(out) as { platform: string }[]).map(({ platform }) => platform).sort();
}

const END = /Go on with: repost init|All is set up\./u;
const nine = ['instagram', 'youtube', 'x'].flatMap((platform) => [platform, platform, platform]).sort();

/** Somebody who reads every question and looks for each key. */
const SECONDS = { question: 4, key: 0.25 };

describeWith({ tmux: 'tmux' }, 'repost init', () => {
  it('goes from nothing to nine posts, in less than five minutes', { timeout: 150_000 }, async () => {
    const person = openPerson(home, screen, 'youtube, instagram, x');
    const began = performance.now();
    let questions = 0;
    screen.type('clear; repost init');
    for (;;) {
      const question = await person.question();
      if (question === 'end') break;
      questions += 1;
      await person.answer(question);
    }
    expect(await posts()).toEqual(nine);
    const typing = questions * SECONDS.question + person.keys() * SECONDS.key;
    expect(questions).toBeGreaterThan(20);
    expect((performance.now() - began) / 1000 + typing).toBeLessThan(300);
  });

  it('can be stopped at or after every question, and goes on from there', { timeout: 480_000 }, async () => {
    const person = openPerson(home, screen, 'youtube, bluesky, mastodon, telegram');
    /** How often each question is stopped: at it and just after it; in an ordinary run one of the two, in turns. */
    const both = process.env['REPOST_TEST_LONG'] !== undefined;
    const stops = new Map<string, number>();
    screen.type('clear; repost init');
    for (;;) {
      const question = await person.question();
      if (question === 'end') break;
      const key = `${person.step()}: ${question}`;
      const before = stops.get(key) ?? 0;
      if (before === (both ? 2 : 1)) {
        await person.answer(question);
        continue;
      }
      // Before it is answered, or just after, in the midst of what the answer set going.
      const isAnswered = both ? before === 1 : stops.size % 2 === 1;
      stops.set(key, before + 1);
      if (isAnswered) person.type(question);
      screen.press('C-c');
      await screen.until((text) => (END.test(text) && atShell(text) ? true : undefined));
      if (screen.text().includes('All is set up.')) break;
      screen.type('clear; repost init');
    }
    // The platforms; two apps; five sign-ins, three with a line to type; the rule, and what comes after it.
    expect(stops.size).toBe(25);
    const four = ['bluesky', 'mastodon', 'telegram', 'youtube'];
    expect(await posts()).toEqual(four.flatMap((platform) => [platform, platform, platform]));
  });
});
