import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { exampleItem, exampleJob, openLane, T0 } from '../store/examples.ts';
import { openTerminal, type Terminal } from './terminal.ts';

let dir: string;
let terminal: Terminal;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'repost-ledger-'));
  file = join(dir, 'history.jsonl');
  terminal = openTerminal({ env: { HOME: dir, REPOST_HOME: join(dir, 'home'), REPOST_VAULT: 'file' } });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Works on the home’s store. */
async function onStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  await terminal.json(['jobs', 'list']);
  const path = join(terminal.env['REPOST_HOME'] ?? '', 'data/repost.db');
  const store = await openStore({ path, clock: new TestClock(T0) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const line = (video: string, more: object = {}) => ({
  source: 'tiktok:@creator',
  video,
  account: 'youtube:@creator',
  post: { id: `post-${video}`, url: `https://youtu.be/${video}` },
  at: '2026-10-01T12:00:00Z',
  ...more,
});

function write(...lines: readonly unknown[]): void {
  const all = [{ repostLedger: 1 }, ...lines];
  writeFileSync(file, all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n'));
}

describe('a ledger', () => {
  it('marks what another tool posted: neither a waiting job nor a later rule sends it again', async () => {
    const waiting = await onStore(async (store) => (await openLane(store)).addJob());
    const known = (await terminal.json<{ video: { remoteId: string } }[]>(['jobs', 'list']))[0];
    write(line(known?.video.remoteId ?? ''), line('7575000000000000999'), line('1', { state: 'dead' }));
    const trial = await terminal.json(['ledger', 'import', file, '--dry-run']);
    expect(trial).toMatchObject({ dryRun: true, marked: 2, known: 0, otherStates: 1 });
    expect(await terminal.json(['jobs', 'show', String(waiting)])).toMatchObject({ state: 'waiting' });

    expect(await terminal.json(['ledger', 'import', file])).toMatchObject({ marked: 2, known: 0 });
    expect(await terminal.json(['ledger', 'import', file])).toMatchObject({ marked: 0, known: 2 });
    expect(await terminal.json(['jobs', 'show', String(waiting)])).toMatchObject({
      state: 'published',
      post: { url: `https://youtu.be/${known?.video.remoteId}` },
    });
    const offered = await onStore(async (store) => {
      const [account] = await store.accounts.list();
      const [source] = await store.sources.list();
      const [rule] = await store.rules.list();
      const item = exampleItem('7575000000000000999');
      const jobs = [exampleJob(account?.id ?? 0, rule?.id ?? 0)];
      const taken = await store.videos.take(source?.id ?? 0, [{ item, jobs, skipped: [] }], T0);
      const video = (await store.videos.list({})).find((one) => one.remoteId === item.remoteId);
      return [...taken.jobIds, ...(await store.videos.addJobs(video?.id ?? 0, jobs, T0))];
    });
    expect(offered).toEqual([]);
  });

  it('goes out and comes back in another home, ids untouched', async () => {
    await onStore(async (store) => (await openLane(store)).addJob());
    write(line('9007199254740993'));
    await terminal.json(['ledger', 'import', file]);
    const out = join(dir, 'out.jsonl');
    expect(await terminal.json(['ledger', 'export', out])).toMatchObject({ lines: 2 });
    const text = readFileSync(out, 'utf8');
    expect((await terminal.run(['ledger', 'export'])).out.split('\n').slice(1)).toEqual(
      text.split('\n').slice(1),
    );
    expect((await terminal.failure(['ledger', 'export', out])).code).toBe('E_EXISTS');
    terminal = openTerminal({ env: { ...terminal.env, REPOST_HOME: join(dir, 'home2') } });
    await onStore(openLane);
    expect(await terminal.json(['ledger', 'import', out])).toMatchObject({ marked: 1, otherStates: 1 });
    expect(await terminal.json(['posts'])).toMatchObject([
      { id: 'post-9007199254740993', video: { remoteId: '9007199254740993' } },
    ]);
  });

  it.each([
    ['no header', '{"source": "x"}'],
    ['a number for an id', { repostLedger: 1 }, line('1', { video: 7575000000000000 })],
    ['no JSON', { repostLedger: 1 }, '{"source": '],
    ['a list', { repostLedger: 1 }, '[1]'],
    ['an endless line', { repostLedger: 1 }, `{"a": "${'x'.repeat(70_000)}"}`],
    ['a script as an address', { repostLedger: 1 }, line('1', { post: { url: 'javascript:alert(1)' } })],
    ['controls in an id', { repostLedger: 1 }, line('1\u001b[2J')],
    ['a post that nobody can find', { repostLedger: 1 }, line('1', { post: {} })],
    ['a time to come', { repostLedger: 1 }, line('1', { at: '2999-01-01T00:00:00Z' })],
    ['a source that is not here', { repostLedger: 1 }, line('1', { source: 'tiktok:@nobody' })],
    ['an account that is not here', { repostLedger: 1 }, line('1', { account: 'x:@nobody' })],
    ['a newer form', { repostLedger: 2 }, line('1')],
  ])('with %s changes nothing, and says which line', async (_, first, ...rest) => {
    await onStore(openLane);
    const good = line('7575000000000000001');
    const all = [first, ...(rest.length > 0 ? [good, ...rest] : [])];
    writeFileSync(file, all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n'));
    const failed = await terminal.failure(['ledger', 'import', file]);
    expect(failed.code).toBe('E_LEDGER');
    expect(failed.message).toMatch(/line \d/u);
    expect(await terminal.json(['jobs', 'list'])).toEqual([]);
  });
});
