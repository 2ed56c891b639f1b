import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { currentActor } from '../../core/actor.ts';
import { systemClock as clock, SECOND } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { ENGINE } from '../audit.ts';
import type { Connection, Operation, Query, Sql, Values, Work } from '../connection.ts';
import { asStoreFailure, isConflict, isLost } from './errors.ts';
import { newer, schemaNumber } from './schema.ts';
import { drive, driveAlone } from './transaction.ts';

// The server is in the real world: waiting for it takes real time, whatever clock the program works by.

/** How long a transaction is tried again, against conflicts and a server that is away, before its failure is shown. */
const PATIENCE_MS = 10 * SECOND;
/** How long we ask whether a commit arrived; the server ends what hangs in it sooner (idle_in_transaction_session_timeout). */
const RECEIPT_PATIENCE_MS = 40 * SECOND;
const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 500;

/** The server's clock now (epoch ms); the start of the transaction is long past where it waited. */
export const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
const SERIAL = 'BEGIN ISOLATION LEVEL SERIALIZABLE';
/** Its commit is not waited for; one that is takes along all before it (https://www.postgresql.org/docs/current/wal-async-commit.html). */
const LAZILY = 'SET LOCAL synchronous_commit = off';
/** For work under a lock: each statement sees what those before it at the lock have committed. */
const LOCKED = 'BEGIN ISOLATION LEVEL READ COMMITTED';

export interface PostgresOptions {
  pool: Pool;
  /** The server and its database, for messages: without secrets. */
  place: string;
  /** Tells this store's locks from those of others in the same database. */
  schema: string;
  actor?: () => string;
  /** Instants are the server's, as they must be where several hosts share it; false: those that the caller names. */
  serverTime: boolean;
}

/** A store's transactions on a PostgreSQL server. */
export function createConnection(options: PostgresOptions): Connection {
  const { pool, place, actor = () => ENGINE } = options;
  const queries = new Map<string, Query<unknown>>();
  const underWay = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  function query<Row>(sql: Sql): Query<Row> {
    const key = typeof sql === 'string' ? sql : sql.postgres;
    const known = queries.get(key);
    if (known) return known as Query<Row>;
    const made: Query<Row> = {
      *get(values = {}) {
        return (yield* answer<Row>(sql, values)).rows[0];
      },
      *all(values = {}) {
        return (yield* answer<Row>(sql, values)).rows;
      },
      *run(values = {}) {
        return { changes: (yield* answer<Row>(sql, values)).rowCount ?? 0 };
      },
    };
    queries.set(key, made as Query<unknown>);
    return made;
  }

  /** Until `close`, which waits for it. */
  async function tracked<T>(work: () => Promise<T>): Promise<T> {
    if (closing) throw new Failure('E_INTERRUPTED', { message: 'The database is closed already.' });
    const running = work();
    underWay.add(running);
    try {
      return await running;
    } catch (error) {
      throw asStoreFailure(error, place);
    } finally {
      underWay.delete(running);
    }
  }

  /** Tries until it works, or for ten seconds, as long as it fails for a reason that passes. */
  async function again<T>(attempt: () => Promise<T>): Promise<T> {
    const deadline = clock.now() + PATIENCE_MS;
    for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      try {
        return await attempt();
      } catch (error) {
        if (!(isConflict(error) || isLost(error)) || clock.now() >= deadline) throw error;
      }
      // Those who met must not meet again.
      await clock.sleep(pause * (0.5 + Math.random()));
    }
  }

  async function read<T>(work: () => Work<T>): Promise<T> {
    return tracked(() =>
      again(() =>
        withClient(pool, async (client) => {
          const alone = await driveAlone(client, work());
          if (alone) return alone.value;
          await client.query(SNAPSHOT);
          const value = await drive(client, work());
          await client.query('COMMIT');
          return value;
        }),
      ),
    );
  }

  /** One try to run the work as a transaction; what it throws proves that nothing was committed. */
  async function attempt<T>(
    work: () => Work<T>,
    keys: readonly string[],
    settings: readonly string[] = [],
  ): Promise<T> {
    let sent: { receipt: Receipt; value: T } | undefined;
    try {
      return await withClient(pool, async (client) => {
        const receipt = await receiptOf(client);
        receipt.number += 1;
        const locks = [...new Set(keys)].sort().map((key) => lockOf(client, options.schema, key));
        const begin = [keys.length > 0 ? LOCKED : SERIAL, noteOf(receipt), ...settings, ...locks].join('; ');
        const [, noted] = (await client.query(begin)) as unknown as QueryResult[];
        if (noted?.rowCount === 0) throw withoutReceipt(client);
        const value = await drive(client, work());
        sent = { receipt: { ...receipt }, value };
        await client.query('COMMIT');
        return value;
      });
    } catch (error) {
      if (!sent || !isLost(error)) throw error;
      if (await arrived(sent.receipt, error)) return sent.value;
      throw error;
    }
  }

  /** Whether the transaction was committed, asked of the server itself. Throws where it can't be asked. */
  async function arrived(receipt: Receipt, lost: unknown): Promise<boolean> {
    const deadline = clock.now() + RECEIPT_PATIENCE_MS;
    for (;;) {
      try {
        // The row is locked as long as the server still works on that transaction.
        const found = await withClient(pool, (client) =>
          client.query<{ number: number }>('SELECT number FROM receipts WHERE connection = $1 FOR UPDATE', [
            receipt.connection,
          ]),
        );
        if (found.rows[0]) return found.rows[0].number === receipt.number;
      } catch (error) {
        if (!(isConflict(error) || isLost(error))) throw error;
      }
      if (clock.now() >= deadline) throw unanswered(place, lost);
      await clock.sleep(LONGEST_PAUSE_MS);
    }
  }

  const serverNow = query<{ now: number }>(`SELECT ${NOW} AS now`);
  const stamps = query<{ n: number }>('SELECT coalesce(sum(n), 0) AS n FROM stamps WHERE name = :table');
  const snapshot = query<{ version: number }>(
    'SELECT hashtextextended(pg_current_snapshot()::text, 0) & 9007199254740991 AS version',
  );

  return {
    query,
    read,
    write: (work, keys = []) => tracked(() => again(() => attempt(work, keys))),
    writeLazily: (work, keys = []) => tracked(() => again(() => attempt(work, keys, [LAZILY]))),
    actor: () => currentActor() ?? actor(),
    *now(own) {
      return options.serverTime ? ((yield* serverNow.get())?.now ?? own) : own;
    },
    *stamp(table) {
      return (yield* stamps.get({ table }))?.n;
    },
    version: () =>
      read(function* () {
        return (yield* snapshot.get())?.version ?? 0;
      }),
    close() {
      closing ??= Promise.allSettled([...underWay]).then(() => pool.end());
      return closing;
    },
  };
}

function* answer<Row>(
  sql: Sql,
  values: Values,
): Generator<Operation, Pick<QueryResult<Row & object>, 'rows' | 'rowCount'>, unknown> {
  return (yield { sql, values }) as QueryResult<Row & object>;
}

/** A connection of the pool for so long; one that failed in a way that can't be undone goes back broken. */
async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    if (isLost(error)) broken = error as Error;
    else
      await client.query('ROLLBACK').catch((worse: Error) => {
        broken = worse;
      });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** What a connection writes in each of its transactions: found there, the transaction was committed. */
interface Receipt {
  connection: string;
  number: number;
}

const receipts = new WeakMap<PoolClient, Receipt>();

async function receiptOf(client: PoolClient): Promise<Receipt> {
  const known = receipts.get(client);
  if (known) return known;
  const receipt = { connection: randomUUID(), number: 0 };
  const { rowCount } = await client.query(
    'INSERT INTO receipts (connection, number) SELECT $1, 0 FROM home WHERE compatible <= $2',
    [receipt.connection, schemaNumber],
  );
  if (rowCount === 0) throw newer();
  receipts.set(client, receipt);
  return receipt;
}

/** A newer program took all of them away: with another one it is tried again, or refused. */
function withoutReceipt(client: PoolClient): Error {
  receipts.delete(client);
  return Object.assign(new Error('The connection’s receipt is gone.'), { code: '40001' });
}

const noteOf = ({ connection, number }: Receipt) =>
  `UPDATE receipts SET number = ${number} WHERE connection = '${connection}'`;

const lockOf = (client: PoolClient, schema: string, key: string) =>
  `SELECT pg_advisory_xact_lock(hashtextextended(${client.escapeLiteral(`${schema} ${key}`)}, 0))`;

function unanswered(place: string, cause: unknown): Failure {
  return new Failure('E_DB_UNREACHABLE', {
    message: `The connection to the database at ${place} was lost while it wrote, and it does not answer whether that was done.`,
    cause,
  });
}
