import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { openLane } from '../store/examples.ts';
import { runRepost } from './run.ts';

interface Home {
  env: NodeJS.ProcessEnv;
  database: string;
  config: string;
}

function emptyHome(): Home {
  const dir = mkdtempSync(join(tmpdir(), 'repost-look-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const env = { PATH: process.env['PATH'], HOME: dir, REPOST_HOME: dir, REPOST_VAULT: 'file' };
  return { env, database: join(dir, 'data', 'repost.db'), config: join(dir, 'config', 'config.json') };
}

async function homeWithJobs(): Promise<Home> {
  const home = emptyHome();
  mkdirSync(dirname(home.database));
  const store = await openStore({ path: home.database, clock: systemClock });
  const lane = await openLane(store, '@creator');
  for (const reason of ['ready', 'ready', 'approval'] as const) await lane.addJob({ reason });
  await store.close();
  return home;
}

/** Each is a home that is made anew, because the first to look may change it. */
const homes: Readonly<Record<string, () => Promise<Home>>> = {
  'an empty home': async () => emptyHome(),
  'a home with jobs': homeWithJobs,
  'a config file that is none': async () => {
    const home = await homeWithJobs();
    mkdirSync(dirname(home.config));
    writeFileSync(home.config, '{ "poll.interval": ');
    return home;
  },
  'a damaged database': async () => {
    const home = await homeWithJobs();
    const bytes = readFileSync(home.database);
    writeFileSync(home.database, bytes.fill(7, 4096, 40_960));
    return home;
  },
  'a database of a later version': async () => {
    const home = await homeWithJobs();
    const db = new Database(home.database);
    db.pragma('user_version = 999');
    db.close();
    return home;
  },
};

/** A flag in front of the command is none of a plain line: then Commander reads it and the whole program runs. */
const ways = [(line: string) => `${line} --no-input`, (line: string) => `--no-input ${line}`];

describe('the quick script', () => {
  it.each(Object.keys(homes))('says what the whole program says: %s', async (name) => {
    for (const line of [
      'status',
      'status --json',
      'jobs list --limit 2',
      'jobs --limit none',
      'videos --json',
    ]) {
      const said = [];
      for (const way of ways) {
        const home = await homes[name]?.();
        if (!home) throw new Error('no such home');
        const { code, stdout, stderr } = await runRepost(home.env, way(line).split(' '));
        const bare = (text: string) => text.replaceAll(dirname(dirname(home.database)), 'HOME');
        said.push({ code, stdout: bare(stdout), stderr: bare(stderr) });
      }
      const [quick, whole] = said;
      expect(quick, line).toEqual({
        ...whole,
        // Two homes were not made in the same moment.
        stdout: expect.stringMatching(sameBut(whole?.stdout ?? '')),
      });
    }
  });
});

/** The text, with whatever time where a time stands. */
function sameBut(text: string): RegExp {
  const literal = text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
  const time = /\d{4}-\d\d-\d\dT[\d:]+\\?\.\d+Z|\d+ s\b/gu;
  return new RegExp(`^${literal.replace(time, '(?:\\d{4}-\\S+?Z|\\d+ s)')}$`, 'u');
}
