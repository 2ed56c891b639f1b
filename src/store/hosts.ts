import { Failure } from '../core/failure.ts';
import type { Connection, Operation } from './connection.ts';
import type { HostRow, HostStore } from './host-types.ts';
import { giverBack, type Left } from './recovery.ts';
import { flag, parse } from './rows.ts';

interface Columns {
  name: string;
  instance: string;
  version: string;
  started_at: number;
  seen_at: number;
  draining: number;
  skew_ms: number;
  running: number;
  doubts: number;
}

/** Whose turn a task is, as `meta` keeps it. */
interface Turn {
  host: string;
  instance: string;
  until: number;
}

const ROWS = `
  SELECT hosts.*, (SELECT count(*) FROM jobs INDEXED BY jobs_open
                   WHERE open_state = 'running' AND holder = hosts.name) AS running,
    (SELECT count(*) FROM jobs INDEXED BY jobs_open
     WHERE open_state IN ('waiting', 'running') AND sender = hosts.name) AS doubts
  FROM hosts`;
const HELD = "open_state = 'running' AND holder = :host";

/** Who works on this store, and whether they still do. */
export function hostStore(connection: Connection): HostStore {
  const { query, read, write } = connection;
  const giveBack = giverBack(connection);
  const one = query<Columns>(`${ROWS} WHERE name = :host`);
  const all = query<Columns>(`${ROWS} ORDER BY name`);
  const upsert = query(`
    INSERT INTO hosts (name, instance, version, started_at, seen_at, skew_ms)
    VALUES (:host, :instance, :version, :at, :at, :skewMs)
    ON CONFLICT (name) DO UPDATE SET instance = excluded.instance, version = excluded.version,
      started_at = excluded.started_at, seen_at = excluded.seen_at, skew_ms = excluded.skew_ms, draining = 0`);
  const seen = query<Columns>(`
    UPDATE hosts SET seen_at = :at, skew_ms = :skewMs WHERE name = :host AND instance = :instance RETURNING *`);
  const renew = query<{ id: number }>(`
    UPDATE jobs INDEXED BY jobs_open SET lease_until = :leaseUntil
    WHERE ${HELD} AND instance = :instance AND id IN (SELECT CAST(value AS INTEGER) FROM json_each(:jobs))
    RETURNING id`);
  const drain = query('UPDATE hosts SET draining = :draining WHERE name = :host');
  const held = query<Left>(`SELECT id, holder, instance FROM jobs INDEXED BY jobs_open WHERE ${HELD}`);
  const left = query("UPDATE hosts SET instance = '', draining = 0 WHERE name = :host");
  const erase = query('DELETE FROM hosts WHERE name = :host');
  const turn = query<{ value: string }>('SELECT value FROM meta WHERE key = :key');
  const setTurn = query(
    'INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const endTurn = query('DELETE FROM meta WHERE key = :key');
  const keyOf = (task: string) => `turn.${task}`;

  function* turnOf(task: string): Generator<Operation, Turn | undefined, unknown> {
    const row = yield* turn.get({ key: keyOf(task) });
    return row && parse<Turn>(row.value);
  }

  return {
    enter: ({ name: host, instance, version }, now) =>
      write(function* () {
        const at = yield* connection.now(now);
        yield* upsert.run({ host, instance, version, at, skewMs: now - at });
        yield* giveBack.sendings(host, now);
        return rowOf((yield* one.get({ host })) as Columns);
      }),
    beat: ({ host, instance, leaseMs }, known, now) =>
      write(function* () {
        const at = yield* connection.now(now);
        const row = yield* seen.get({ host, instance, at, skewMs: now - at });
        if (!row) return undefined;
        const leaseUntil = at + leaseMs;
        const renewed = yield* renew.all({ host, instance, leaseUntil, jobs: JSON.stringify(known) });
        const jobs = renewed.map(({ id }) => id);
        return { at, leaseUntil, draining: row.draining === 1, jobs: jobs.sort((a, b) => a - b) };
      }),
    list: () =>
      read(function* () {
        return (yield* all.all()).map(rowOf);
      }),
    drain: (host, draining) =>
      write(function* () {
        return (yield* drain.run({ host, draining: flag(draining) })).changes > 0;
      }),
    leave: ({ host, instance }, now) =>
      write(function* () {
        const at = yield* connection.now(now);
        const row = yield* seen.get({ host, instance, at, skewMs: now - at });
        if (!row) return;
        // What it leaves behind ended with its process.
        yield* giveBack.jobs(yield* held.all({ host }), () => true, now);
        yield* giveBack.sendings(host, now);
        yield* left.run({ host });
      }),
    lead: (task, { host, instance }, ms, now) =>
      write(
        function* () {
          const at = yield* connection.now(now);
          const known = yield* turnOf(task);
          const own = known?.host === host && known.instance === instance;
          if (known && !own && known.until > at) return false;
          const value: Turn = { host, instance, until: at + ms };
          yield* setTurn.run({ key: keyOf(task), value: JSON.stringify(value) });
          return true;
        },
        [keyOf(task)],
      ),
    yield: (task, { host, instance }) =>
      write(
        function* () {
          const known = yield* turnOf(task);
          if (known?.host === host && known.instance === instance) yield* endTurn.run({ key: keyOf(task) });
        },
        [keyOf(task)],
      ),
    declareDead: (host, now) =>
      write(function* () {
        if (!(yield* one.get({ host }))) {
          throw new Failure('E_NOT_FOUND', { message: `There is no host called “${host}”.` });
        }
        const ids = yield* giveBack.jobs(yield* held.all({ host }), () => true, now);
        yield* giveBack.sendings(host, now);
        yield* erase.run({ host });
        return ids;
      }),
  };
}

function rowOf(row: Columns): HostRow {
  return {
    name: row.name,
    instance: row.instance,
    version: row.version,
    startedAt: row.started_at,
    seenAt: row.seen_at,
    draining: row.draining === 1,
    skewMs: row.skew_ms,
    running: row.running,
    doubts: row.doubts,
  };
}
