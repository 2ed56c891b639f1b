import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type App, openApp } from '../../src/cli/app.ts';
import type { Net } from '../../src/cli/connect.ts';
import { isNewer, openUpdateNotice } from '../../src/cli/update-notice.ts';
import { version } from '../../src/cli/version.ts';
import { TestClock } from '../../src/core/clock.ts';
import { steered } from '../../src/core/steered-clock.ts';
import { undiciTransport } from '../../src/net/transport.ts';
import { openTerminal } from './terminal.ts';

const DAY = 86_400_000;
let home = '';
let registry: Server;
let asked: string[] = [];
let answer = '';
let env: NodeJS.ProcessEnv = {};

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'repost-notice-'));
  asked = [];
  answer = JSON.stringify({ name: 'repost', version: '99.1.0' });
  registry = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(answer);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => registry.once('listening', resolve));
  const { port } = registry.address() as AddressInfo;
  env = {
    PATH: process.env['PATH'],
    HOME: home,
    REPOST_HOME: join(home, 'home'),
    REPOST_VAULT: 'file',
    REPOST_VAULT_PASSPHRASE: 'a test',
    npm_config_registry: `http://127.0.0.1:${port}`,
  };
});
afterEach(() => {
  registry.close();
  rmSync(home, { recursive: true, force: true });
});

const state = () => JSON.parse(readFileSync(join(home, 'home', 'state', 'update.json'), 'utf8'));

function remember(known: object): void {
  mkdirSync(join(home, 'home', 'state'), { recursive: true });
  writeFileSync(join(home, 'home', 'state', 'update.json'), JSON.stringify(known));
}

/** One command on a terminal that opens the network and stays until `until` holds. Gives what it said. */
async function command(clock: TestClock, until: () => boolean): Promise<string> {
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env };
  const notice = openUpdateNotice(io, false);
  const app: App = { ...openApp(io), clock: steered(clock), config: openApp(io).config };
  const transport = undiciTransport();
  notice?.look(app, Promise.resolve({ transport } as Net));
  await expect.poll(until, { timeout: 60_000 }).toBe(true);
  notice?.say(app);
  notice?.close();
  await transport.close();
  return String(stderr.read() ?? '');
}

const found = (latest: string) => () => {
  try {
    return state().latest === latest;
  } catch {
    return false;
  }
};

it('asks the registry of npm once a day, and tells once a day', async () => {
  const clock = new TestClock(Date.UTC(2026, 10, 2));
  expect(await command(clock, found('99.1.0'))).toContain(`repost 99.1.0 is out, this is ${version}`);
  expect(asked).toEqual(['/repost/latest']);
  expect(await command(clock, () => true)).toBe('');
  await clock.advance(DAY - 1);
  expect(await command(clock, () => true)).toBe('');
  expect(asked).toHaveLength(1);
  answer = JSON.stringify({ version: '99.2.0' });
  await clock.advance(1);
  expect(await command(clock, found('99.2.0'))).toContain('repost 99.2.0 is out');
  expect(asked).toHaveLength(2);
});

it.each(['not JSON', '{"version":"99.1.0-beta.1"}', '{"version":"\\u001b[2J"}', '{}', '[]'])(
  'says nothing of the answer %s, and does not ask again at once',
  async (odd) => {
    answer = odd;
    const clock = new TestClock(Date.UTC(2026, 10, 2));
    const gaveUp = () => asked.length === 1 && state().lookedAt < clock.now();
    expect(await command(clock, gaveUp)).toBe('');
    expect(await command(clock, () => true)).toBe('');
    expect(asked).toHaveLength(1);
    expect(state().latest).toBe(version);
  },
);

it('is said by any command on a terminal, which asks nobody for it', async () => {
  const terminal = openTerminal({ env, columns: 80 });
  remember({ lookedAt: 0, saidAt: 0, latest: '99.1.0' });
  const { code, err } = await terminal.run(['status']);
  expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('99.1.0 is out') });
  expect((await terminal.run(['status'])).err).toBe('');
  expect(asked).toEqual([]);
});

it.each([
  ['--json', ['status', '--json'], {}, 80],
  ['CI', ['status'], { CI: '1' }, 80],
  ['NO_UPDATE_NOTIFIER', ['status'], { NO_UPDATE_NOTIFIER: '1' }, 80],
  ['REPOST_NO_INPUT', ['status'], { REPOST_NO_INPUT: '1' }, 80],
  ['no terminal', ['status'], {}, undefined],
] as const)('%s: nobody is told, nobody is asked', async (_name, args, more, columns) => {
  remember({ lookedAt: 0, saidAt: 0, latest: '99.1.0' });
  const options = { env: { ...env, ...more }, ...(columns === undefined ? {} : { columns }) };
  const { err } = await openTerminal(options).run(args);
  expect(err).not.toContain('99.1.0');
  const stderr = Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true });
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: options.env };
  expect(openUpdateNotice(io, (args as readonly string[]).includes('--json'))).toBeUndefined();
  expect(asked).toEqual([]);
});

it('can be switched off', async () => {
  remember({ lookedAt: 0, saidAt: 0, latest: '99.1.0' });
  const terminal = openTerminal({ env, columns: 80 });
  expect((await terminal.run(['config', 'set', 'update.notice', 'off'])).err).toBe('');
  expect((await terminal.run(['status'])).err).toBe('');
  const clock = new TestClock(Date.UTC(2026, 10, 2));
  expect(await command(clock, () => true)).toBe('');
  expect(asked).toEqual([]);
});

it('compares versions by number', () => {
  expect(isNewer('0.10.0', '0.9.9')).toBe(true);
  expect(isNewer('1.0.0', '1.0.0')).toBe(false);
  expect(isNewer('1.0.0', '1.0.0-beta.2')).toBe(true);
  expect(isNewer('1.0.0', '1.0.1')).toBe(false);
  expect(isNewer('2.0.0-beta', '1.0.0')).toBe(false);
});
