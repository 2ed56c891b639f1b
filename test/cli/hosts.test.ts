import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { hostChecks } from '../../src/cli/hosts.ts';
import { version } from '../../src/cli/version.ts';
import { HOUR, MINUTE, SECOND, systemClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { HostRow, Store } from '../../src/store/types.ts';
import { openTerminal } from './terminal.ts';

/** A home, and hosts that worked on it a while ago. */
async function openHosts(seen: Readonly<Record<string, number>>) {
  const dir = mkdtempSync(join(tmpdir(), 'repost-hosts-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const terminal = openTerminal({
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      REPOST_HOME: join(dir, 'home'),
      REPOST_NO_INPUT: '1',
      REPOST_HTTP: 'off',
    },
  });
  await terminal.json(['hosts']);
  const inStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openStore({ path: join(dir, 'home', 'data', 'repost.db'), clock: systemClock });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  await inStore(async ({ hosts }) => {
    for (const [name, agoMs] of Object.entries(seen))
      await hosts.enter({ name, instance: `${name} 1`, version }, Date.now() - agoMs);
  });
  return { terminal, inStore };
}

it('are listed, drained and let go on', async () => {
  const { terminal, inStore } = await openHosts({ one: 0, two: 0, off: HOUR });
  await inStore(({ hosts }) => hosts.leave({ host: 'off', instance: 'off 1', leaseMs: MINUTE }, Date.now()));
  expect(await terminal.json(['hosts', 'drain', 'one'])).toMatchObject({ name: 'one', state: 'draining' });
  expect(await terminal.json(['hosts'])).toMatchObject([
    { name: 'off', state: 'stopped' },
    { name: 'one', state: 'draining', running: 0, doubts: 0, version },
    { name: 'two', state: 'working' },
  ]);
  expect((await terminal.run(['hosts'])).out).toMatch(/one +draining/u);
  expect(await terminal.json(['hosts', 'resume', 'one'])).toMatchObject({ state: 'working' });
  expect(await terminal.failure(['hosts', 'drain', 'three'])).toMatchObject({ code: 'E_NOT_FOUND' });
  expect((await terminal.run(['status'])).out).toMatch(/hosts: off stopped .*one working .*two working/su);
});

it('that are lost are something to do, and are forgotten on a person’s word only', async () => {
  const { terminal } = await openHosts({ here: 0, gone: HOUR });
  const status = await terminal.json<{ ok: boolean; attention: unknown[] }>(['status']);
  expect(status).toMatchObject({ ok: false, hosts: [{ name: 'gone', state: 'lost' }, { name: 'here' }] });
  expect(status.attention).toContainEqual({
    message: expect.stringContaining('The host gone gives no sign of life'),
    command: 'repost hosts forget gone',
  });
  expect(await terminal.failure(['hosts', 'forget', 'here', '--yes'])).toMatchObject({
    code: 'E_WRONG_STATE',
  });
  expect(await terminal.failure(['hosts', 'forget', 'gone'])).toMatchObject({ code: 'E_MISSING_ANSWER' });
  expect(await terminal.json(['hosts', 'forget', 'gone', '--yes'])).toMatchObject({ forgotten: 'gone' });
  expect(await terminal.json(['hosts'])).toHaveLength(1);
  expect((await terminal.run(['metrics'])).out).toMatch(/repost_host_running_jobs\{host="here"\} 0/u);
});

it('whose clocks or versions differ are named by doctor', () => {
  const now = Date.now();
  const host = (name: string, change: Partial<HostRow> = {}): HostRow => ({
    name,
    instance: name,
    version,
    startedAt: now,
    seenAt: now,
    draining: false,
    skewMs: 0,
    running: 0,
    doubts: 0,
    ...change,
  });
  const results = (...hosts: HostRow[]) => hostChecks(hosts, now).map(({ result, title }) => [result, title]);
  expect(results(host('a'), host('b', { draining: true }))).toEqual([
    ['PASS', '2 hosts at work, clocks and versions agree'],
  ]);
  expect(
    results(
      host('fast', { skewMs: 20 * SECOND }),
      host('old', { version: '0.0.1' }),
      host('lost', { seenAt: now - HOUR, doubts: 2 }),
    ),
  ).toEqual([
    ['WARN', expect.stringMatching(/lost gives no sign of life since .*2 posts/u)],
    ['WARN', expect.stringMatching(/clock of fast is 20 s ahead of/u)],
    ['WARN', `old runs repost 0.0.1, this is ${version}`],
  ]);
});
