import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { openFile } from '../../src/store/driver.ts';
import { type MovePlan, moveStore } from '../../src/store/moving/move.ts';
import { postgresSide } from '../../src/store/moving/postgres-side.ts';
import type { Side } from '../../src/store/moving/side.ts';
import { sqliteSide } from '../../src/store/moving/sqlite-side.ts';
import { movedTables } from '../../src/store/moving/tables.ts';
import { openPostgresStore } from '../../src/store/postgres/open.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { codeOf, exampleAttempt, examplePost, openLane, T0, temporaryFolder } from './examples.ts';
import { describeWithPostgres } from './postgres-server.ts';
import { startChild } from './processes.ts';

const clock = new TestClock(T0);

/** One of the two stores: how it is opened by the program, and as a side of a move. */
interface Place {
  name: string;
  open(): Promise<Store>;
  side(): Side;
}

function file(path = join(temporaryFolder(), 'repost.db')): Place {
  return {
    name: path,
    open: () => closing(openStore({ path, clock })),
    side: () => closed(sqliteSide(path, clock)),
  };
}

function server(address: string): Place {
  return {
    name: address,
    open: () => closing(openPostgresStore({ address, env: {}, connections: 2, serverTime: false })),
    side: () => closed(postgresSide(address, {})),
  };
}

async function closing(opening: Promise<Store>): Promise<Store> {
  const store = await opening;
  onTestFinished(() => store.close());
  return store;
}

function closed(side: Side): Side {
  onTestFinished(() => side.close());
  return side;
}

async function move(from: Place, to: Place): Promise<MovePlan> {
  return (await moveStore({ from: from.side(), to: to.side() })).plan;
}

/** A store in the middle of its work: a post that was sent without an answer, one that waits, one that is out. */
async function fill(store: Store) {
  const lane = await openLane(store);
  const [out, sent, waiting] = [
    await lane.addJob(),
    await lane.addJob(),
    await lane.addJob({ reason: 'window', runAt: T0 + 9000 }),
  ];
  for (const id of [out, sent]) {
    expect((await store.jobs.claim(lane.account.id, T0))?.id).toBe(id);
    await store.journal.intend(id, 'publish', T0 + 1);
    if (id === sent) continue;
    await store.journal.done(id, 'publish', 'commit', '"p\\u0000"', T0 + 2);
    await store.jobs.publish(id, examplePost('abc'), exampleAttempt('published'), T0 + 3);
  }
  await store.meta.set('a', 'with a NUL: \0 and “ü”');
  return { out, sent, waiting };
}

describeWithPostgres('moving a store', (postgres) => {
  const empty = () => server(postgres.address(`m${Math.random().toString(36).slice(2, 10)}`));

  it('names every table that either store has', () => {
    const path = join(temporaryFolder(), 'repost.db');
    return openStore({ path, clock }).then(async (store) => {
      await store.close();
      const db = openFile(path, { readOnly: true });
      const tables = db
        .prepare<[], string>(
          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )
        .pluck()
        .all();
      db.close();
      const counted = ['home', 'job_counts'];
      expect(tables.filter((one) => !counted.includes(one)).sort()).toEqual(
        movedTables.map(({ name }) => name).sort(),
      );
      await (await empty().open()).close();
    });
  });

  it('takes work in flight along, to and fro, and gives no id twice', async () => {
    const [home, there] = [file(), empty()];
    const store = await home.open();
    const { out, sent, waiting } = await fill(store);
    const before = await store.tallies.all();
    expect(await move(home, there)).toBe('move');

    const moved = await there.open();
    expect(await moved.meta.get('a')).toBe('with a NUL: \ufffd and “ü”');
    expect(await moved.jobs.get(out)).toMatchObject({ state: 'published', post: { id: 'abc' } });
    expect(await moved.jobs.get(waiting)).toMatchObject({ reason: 'window', runAt: T0 + 9000 });
    expect(await moved.journal.load(sent)).toMatchObject([{ state: 'intent', sends: 1, sentAt: T0 + 1 }]);
    expect((await moved.jobs.counts()).running).toBe(1);
    const later = await openLane(moved, '@second');
    const added = await later.addJob();
    expect(added).toBeGreaterThan(waiting);

    // The old one refuses, whoever has it open.
    expect(await codeOf(store.meta.set('a', 'b'))).toBe('E_STORE_MOVED');
    expect(await codeOf(store.journal.intend(sent, 'publish', T0 + 5))).toBe('E_STORE_MOVED');
    expect(await codeOf(home.open())).toBe('E_STORE_MOVED');

    expect(await move(there, home)).toBe('move');
    expect(await codeOf(moved.meta.set('a', 'b'))).toBe('E_STORE_MOVED');
    expect(await codeOf(there.open())).toBe('E_STORE_MOVED');
    const back = await home.open();
    expect(await back.journal.load(sent)).toMatchObject([{ state: 'intent', sends: 1 }]);
    expect(await (await openLane(back, '@third')).addJob()).toBeGreaterThan(added);
    expect(before.length).toBeGreaterThan(5);
    const kept = before.filter(({ metric }) => /seconds|ended|bytes/u.test(metric));
    expect(await back.tallies.all()).toEqual(expect.arrayContaining(kept));
    expect(await move(home, there)).toBe('move');
  });

  it.each(['prepared', 'copied', 'compared', 'fenced', 'live'])(
    'killed once it is %s, one store at most takes changes, and once more ends it',
    async (step) => {
      const [home, there] = [file(), empty()];
      for (const [from, to] of [
        [home, there],
        [there, home],
      ] as const) {
        const before = await from.open();
        if (from === home) await fill(before);
        await before.meta.set('round', from.name);
        const child = await startChild(['move', from.name, to.name, step]);
        expect(await child.line()).toBeUndefined();
        const takes = async (place: Place) => codeOf(place.open().then((one) => one.meta.set('x', 'y')));
        const old = step === 'fenced' || step === 'live' ? 'E_STORE_MOVED' : undefined;
        expect(await takes(from)).toBe(old);
        if (step !== 'prepared') expect(await takes(to)).toBe(step === 'live' ? undefined : 'E_STORE_MOVED');
        expect(await move(from, to)).toBe(step === 'live' ? 'done' : step === 'fenced' ? 'finish' : 'move');
        expect(await takes(from)).toBe('E_STORE_MOVED');
        const store = await to.open();
        expect(await store.meta.get('round')).toBe(from.name);
        expect((await store.jobs.counts()).running).toBe(1);
      }
    },
  );

  it('never takes a store that is in use for an empty place, and leaves one at which a host works', async () => {
    const [home, there] = [file(), empty()];
    await fill(await home.open());
    await fill(await there.open());
    expect(await codeOf(move(home, there))).toBe('E_STORE_NOT_EMPTY');
    const store = await openPostgresStore({ address: there.name, env: {} });
    onTestFinished(() => store.close());
    await store.hosts.enter({ name: 'a', instance: '1', version: '1' }, Date.now());
    expect(await codeOf(move(there, file()))).toBe('E_STORE_IN_USE');
    expect(await codeOf(store.meta.set('still', 'in use'))).toBeUndefined();
    // Who ended in good order holds nobody up.
    await store.hosts.leave({ host: 'a', instance: '1', leaseMs: 60_000 }, Date.now());
    expect(await move(there, file())).toBe('move');
  });

  it('moves nothing that a newer repost has written', async () => {
    const [home, there] = [file(), empty()];
    await fill(await home.open());
    expect(await move(home, there)).toBe('move');
    const schema = new URL(there.name).searchParams.get('schema');
    postgres.sql(`UPDATE ${schema}.home SET schema = 999`);
    expect(await codeOf(move(there, file()))).toBe('E_DB_NEWER');
  });
});
