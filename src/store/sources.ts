import { Failure } from '../core/failure.ts';
import type { Connection } from './connection.ts';
import { flag, jsonOrNull, parseOrNull } from './rows.ts';
import type { SourceRow, SourceStore } from './types.ts';

interface Row {
  id: number;
  kind: string;
  account_id: number | null;
  locator: string | null;
  name: string;
  user: string;
  paused: number;
  baseline_at: number | null;
  last_poll_at: number | null;
  last_good_poll_at: number | null;
  failures: number;
  next_poll_at: number;
  error: string | null;
}

const UNASKED = 'polled_by = NULL, poll_until = NULL';

/** One row is changed: many hosts that each ask another source need not meet. */
const lockOf = (id: number) => `source ${id}`;

/** What is watched. A source that is removed keeps its row: added again, it knows the videos it had. */
export function sourceStore({ query, read, write, writeLazily }: Connection): SourceStore {
  /** Sources whose first poll by this process is on the disk: with it the baseline. */
  const begun = new Set<number>();
  const place = 'kind = :kind AND account_id IS :accountId AND locator IS :locator';
  const live = query(`SELECT 1 FROM sources WHERE removed = 0 AND ${place}`);
  // Coming back it takes a new baseline: what appeared in between was not asked for.
  const upsert = query<Row>(`
    INSERT INTO sources (kind, account_id, locator, name, user, next_poll_at, created_at)
    VALUES (:kind, :accountId, :locator, :name, :user, :now, :now)
    ON CONFLICT (kind, coalesce(account_id, 0), coalesce(locator, '')) DO UPDATE SET name = excluded.name, user = excluded.user, paused = 0, baseline_at = NULL,
      last_poll_at = NULL, last_good_poll_at = NULL, failures = 0, next_poll_at = excluded.next_poll_at,
      error = NULL, removed = 0
    RETURNING *`);
  const one = query<Row>('SELECT * FROM sources WHERE id = :id AND removed = 0');
  const all = query<Row>('SELECT * FROM sources WHERE removed = 0 ORDER BY id');
  // A shorter interval counts at once, also for what was planned by the longer one.
  const plannedAt = `CASE WHEN failures = 0 AND last_good_poll_at + :intervalMs < next_poll_at
    THEN last_good_poll_at + :intervalMs ELSE next_poll_at END`;
  // Another host asks it: until it is over that is its own.
  const dueAt = `CASE WHEN poll_until > ${plannedAt} THEN poll_until ELSE ${plannedAt} END`;
  const due = query<Row>(`
    SELECT * FROM sources WHERE removed = 0 AND paused = 0 AND ${dueAt} <= :now
      AND id NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(:except))
    ORDER BY ${dueAt}, id LIMIT :limit`);
  const next = query<{ at: number | null }>(
    `SELECT min(${dueAt}) AS at FROM sources WHERE removed = 0 AND paused = 0
      AND id NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(:except))`,
  );
  const change = query<Row>(`
    UPDATE sources SET paused = coalesce(:paused, paused), next_poll_at = coalesce(:nextPollAt, next_poll_at),
      name = coalesce(:name, name)
    WHERE id = :id AND removed = 0 RETURNING *`);
  const take = query(`
    UPDATE sources SET polled_by = :host, poll_until = :until
    WHERE id = :id AND removed = 0 AND (polled_by = :host OR coalesce(poll_until, 0) <= :now)`);
  const good = query(`
    UPDATE sources SET last_poll_at = :at, last_good_poll_at = :at, baseline_at = coalesce(baseline_at, :at),
      failures = 0, error = NULL, next_poll_at = :nextPollAt, ${UNASKED} WHERE id = :id`);
  // To be held by a limit again is no worse than once: nothing is wrong with the source.
  const bad = query(`
    UPDATE sources SET last_poll_at = :at,
      failures = failures + (CASE WHEN :held = 1 AND failures > 0 THEN 0 ELSE 1 END), error = :error, next_poll_at = :nextPollAt,
      ${UNASKED}
    WHERE id = :id`);
  const drop = query('UPDATE sources SET removed = 1 WHERE id = :id AND removed = 0');

  return {
    add: (source, now) =>
      write(function* () {
        const { kind, accountId, locator, name, user } = source;
        if (yield* live.get({ kind, accountId, locator })) {
          throw new Failure('E_EXISTS', { message: `${name} is watched already.` });
        }
        return sourceOf((yield* upsert.get({ kind, accountId, locator, name, user, now })) as Row);
      }),
    get: (id) =>
      read(function* () {
        const row = yield* one.get({ id });
        return row && sourceOf(row);
      }),
    list: () =>
      read(function* () {
        return (yield* all.all()).map(sourceOf);
      }),
    due: (intervalMs, now, except = [], limit = Number.MAX_SAFE_INTEGER) =>
      read(function* () {
        return (yield* due.all({ intervalMs, now, except: JSON.stringify(except), limit })).map(sourceOf);
      }),
    nextDueAt: (intervalMs, except = []) =>
      read(function* () {
        return (yield* next.get({ intervalMs, except: JSON.stringify(except) }))?.at ?? null;
      }),
    update: (id, fields) =>
      write(function* () {
        const row = yield* change.get({
          id,
          paused: fields.paused === undefined ? null : flag(fields.paused),
          nextPollAt: fields.nextPollAt ?? null,
          name: fields.name ?? null,
        });
        if (!row) throw new Failure('E_NOT_FOUND', { message: `There is no source with the id ${id}.` });
        return sourceOf(row);
      }),
    polled: async (id, at, nextPollAt, error) => {
      await (begun.has(id) ? writeLazily : write)(
        function* () {
          if (error === null) yield* good.run({ id, at, nextPollAt });
          else {
            const held = flag(error.class === 'limit');
            yield* bad.run({ id, at, nextPollAt, error: jsonOrNull(error), held });
          }
        },
        [lockOf(id)],
      );
      if (error === null) begun.add(id);
    },
    take: (id, host, until, now) =>
      write(
        function* () {
          return (yield* take.run({ id, host, until, now })).changes > 0;
        },
        [lockOf(id)],
      ),
    remove: (id) =>
      write(function* () {
        return (yield* drop.run({ id })).changes > 0;
      }),
  };
}

function sourceOf(row: Row): SourceRow {
  return {
    id: row.id,
    kind: row.kind,
    accountId: row.account_id,
    locator: row.locator,
    name: row.name,
    user: row.user,
    paused: row.paused === 1,
    baselineAt: row.baseline_at,
    lastPollAt: row.last_poll_at,
    lastGoodPollAt: row.last_good_poll_at,
    failures: row.failures,
    nextPollAt: row.next_poll_at,
    error: parseOrNull(row.error),
  };
}
