import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { validate } from 'dockerfile-utils';
import { expect, it } from 'vitest';
import { openCliHome } from './home.ts';
import { runRepost } from './run.ts';
import { daemonOf } from './web-daemon.ts';

const text = readFileSync(fileURLToPath(new URL('../../Containerfile', import.meta.url)), 'utf8');
const last = text.slice(text.lastIndexOf('\nFROM '));

it('passes the linter', () => {
  expect(validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
});

it('is seen to fail the linter where it is wrong', () => {
  expect(validate(text.replace('ENTRYPOINT [', 'ENTRYPONT [')).length).toBeGreaterThan(0);
});

it('runs as a user, keeps its home in a volume, and has a first process that hands signals on', () => {
  expect(last).toMatch(/^USER node$/mu);
  expect(last).toMatch(/^VOLUME \/data$/mu);
  expect(last).toContain('REPOST_HOME=/data');
  expect(last).toMatch(/^ENTRYPOINT \["tini", "--", "repost"\]$/mu);
  expect(text).not.toMatch(/:latest|^FROM [^:]+$/mu);
});

it('is healthy while the daemon lives, and not after', async () => {
  const [, words = ''] = /HEALTHCHECK [\s\S]*?CMD (\[.*\])/u.exec(last) ?? [];
  const [program = '', ...args] = JSON.parse(words) as string[];
  expect(program).toBe('node');
  const home = await openCliHome({ env: { REPOST_HTTP: '127.0.0.1:0' } });
  const daemon = await daemonOf(home);
  const env = { PATH: process.env['PATH'], REPOST_HTTP: new URL(daemon.origin).host };
  const look = async () => (await runRepost(env, args, { command: [process.execPath] })).code;
  try {
    expect(await look()).toBe(0);
  } finally {
    await daemon.stop();
  }
  expect(await look()).toBe(1);
  await home.close();
});
