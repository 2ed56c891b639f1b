import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { errorOf } from '../../src/core/job.ts';
import { migrate, migrations, schemaNumber } from '../../src/store/schema.ts';
import { openStore, storeOn } from '../../src/store/sqlite.ts';
import type { Store, TallyRow } from '../../src/store/types.ts';
import { exampleAttempt, examplePost, exampleVerdict, openLane, T0 } from './examples.ts';

const openMemory = () => openStore({ path: ':memory:', clock: new TestClock(T0) });

async function rows(store: Store, metric: TallyRow['metric']): Promise<string[]> {
  const found = (await store.tallies.all()).filter((row) => row.metric === metric && row.n !== 0);
  return found.map(({ platform, label, le, n, total }) => `${platform} ${label} ${le} ${n} ${total}`).sort();
}

/** One job published, one dead after a failure, one unknown, one that waits for its sign-in. */
async function badDay(store: Store): Promise<void> {
  const lane = await openLane(store);
  const end = async (state: 'dead' | 'unknown' | 'waiting', failure: Failure) => {
    const id = await lane.addJob();
    await store.jobs.claim(lane.account.id, T0 + 2000);
    const reason = state === 'waiting' ? 'login' : null;
    await store.jobs.settle(
      id,
      exampleVerdict(state, { reason }),
      { ...exampleAttempt(reason ?? state), error: errorOf(failure) },
      T0 + 4000,
    );
  };
  const good = await lane.addJob();
  await store.jobs.claim(lane.account.id, T0 + 700);
  await store.jobs.publish(
    good,
    { ...examplePost('p1'), publishedAt: T0 + 45_000 },
    exampleAttempt('published'),
    T0 + 45_000,
  );
  await end('dead', new Failure('E_PLATFORM_DOWN'));
  await end('unknown', new Failure('E_UNKNOWN_OUTCOME'));
  await end('waiting', new Failure('E_LOGIN_NEEDED'));
}

describe('what the store counts for the metrics', () => {
  it('follows each job through its states, by platform', async () => {
    const store = await openMemory();
    await badDay(store);
    expect(await rows(store, 'jobs')).toEqual([
      'youtube dead: 0 1 0',
      'youtube published: 0 1 0',
      'youtube unknown: 0 1 0',
      'youtube waiting:login 0 1 0',
    ]);
    expect(await rows(store, 'created')).toEqual(['youtube  0 4 0']);
    expect(await rows(store, 'ended')).toEqual([
      'youtube dead 0 1 0',
      'youtube published 0 1 0',
      'youtube unknown 0 1 0',
    ]);
    expect(await rows(store, 'failures')).toEqual([
      'youtube E_LOGIN_NEEDED 0 1 0',
      'youtube E_PLATFORM_DOWN 0 1 0',
      'youtube E_UNKNOWN_OUTCOME 0 1 0',
    ]);
    expect(await rows(store, 'videos')).toEqual(['tiktok  0 4 0']);
  });

  it('puts lengths into buckets and adds them up', async () => {
    const store = await openMemory();
    await badDay(store);
    expect(await rows(store, 'attempt_seconds')).toContain('youtube published 2.5 1 1.5');
    expect(await rows(store, 'detection_seconds')).toEqual(['youtube  60 1 45']);
    expect(await rows(store, 'source_seconds')).toEqual(['youtube  120 1 62']);
    expect(await rows(store, 'delay_seconds')).toEqual(['youtube  60 1 45']);
    expect(await rows(store, 'wait_seconds')).toEqual(['youtube  1 1 0.7', 'youtube  5 3 6']);
  });

  it('counts as delay only what comes after the moment at which rule and person wanted it', async () => {
    const store = await openMemory();
    const lane = await openLane(store);
    const publish = async (id: number, at: number) => {
      await store.jobs.claim(lane.account.id, at);
      await store.jobs.publish(
        id,
        { ...examplePost(`p${id}`), publishedAt: at },
        exampleAttempt('published'),
        at,
      );
    };
    const hour = 3_600_000;
    await publish(await lane.addJob({ reason: 'delay', runAt: T0 + hour }), T0 + hour + 5000);
    const asked = await lane.addJob({ reason: 'approval' });
    await store.jobs.approve(asked, null, T0 + 2 * hour);
    await publish(asked, T0 + 2 * hour + 5000);
    const windowed = await lane.addJob();
    await store.jobs.claim(lane.account.id, T0 + 3 * hour);
    const verdict = exampleVerdict('waiting', { reason: 'window', runAt: T0 + 4 * hour });
    await store.jobs.settle(windowed, verdict, exampleAttempt('window'), T0 + 3 * hour);
    await publish(windowed, T0 + 4 * hour + 5000);
    expect(await rows(store, 'delay_seconds')).toEqual(['youtube  10 3 15']);
    expect(await rows(store, 'detection_seconds')).toHaveLength(2);
  });

  it('counts polls by how they ended, again also in the same millisecond', async () => {
    const store = await openMemory();
    const { source } = await openLane(store);
    await store.sources.polled(source.id, T0, T0 + 1, null);
    await store.sources.polled(source.id, T0, T0 + 1, null);
    await store.sources.polled(source.id, T0, T0 + 1, errorOf(new Failure('E_NETWORK')));
    expect(await rows(store, 'polls')).toEqual(['tiktok failed 0 1 0', 'tiktok ok 0 2 0']);
  });

  it('tells the oldest job of each reason to wait', async () => {
    const store = await openMemory();
    const lane = await openLane(store);
    await lane.addJob({ reason: 'approval' });
    await lane.addJob();
    expect(await store.tallies.oldestWaiting(['ready', 'approval', 'quota'])).toEqual({
      ready: T0,
      approval: T0,
    });
  });

  it('gives a home that grew up before the counting the same counts', async () => {
    const db = new Database(':memory:');
    const store = storeOn(db, new TestClock(T0), ':memory:');
    migrate(db);
    await badDay(store);
    const counted = await store.tallies.all();
    const triggers = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%tallies%'")
      .pluck()
      .all() as string[];
    for (const name of [...triggers, 'jobs_wanted']) db.exec(`DROP TRIGGER ${name}`);
    db.exec(
      'DROP TABLE tallies; DROP INDEX jobs_reason; ALTER TABLE jobs DROP COLUMN wanted_at; PRAGMA user_version = 3',
    );
    // What came after the counting is there already.
    migrate(
      db,
      migrations.filter(({ number }) => number === 4),
    );
    db.pragma(`user_version = ${schemaNumber}`);
    // How long a job waited in its lane was not written down before.
    const kept = (list: TallyRow[]) => list.filter(({ metric, n }) => metric !== 'wait_seconds' && n !== 0);
    expect(kept(await storeOn(db, new TestClock(T0), ':memory:').tallies.all())).toEqual(kept(counted));
  });
});
