import { readFileSync } from 'node:fs';
import type { types as PgTypes, Pool, PoolConfig } from 'pg';
import { Failure } from '../../core/failure.ts';
import type { SteeredClock } from '../../core/steered-clock.ts';
import { storeOver } from '../parts.ts';
import { PLACE_KEY, refuseMoved } from '../place.ts';
import type { Store } from '../types.ts';
import { addressOf, type StoreAddress } from './address.ts';
import { createConnection, NOW } from './connection.ts';
import { asStoreFailure } from './errors.ts';
import { migrate } from './schema.ts';
import { secretTable } from './secrets.ts';

export interface PostgresStoreOptions {
  /** `postgres://user@host:5432/database?schema=repost&sslmode=verify-full`, without a password. */
  address: string;
  env: NodeJS.ProcessEnv;
  readOnly?: boolean;
  /** Who changes things, for the audit log, where `withActor` names nobody. Asked at a change. */
  actor?: () => string;
  /** Set right by the server's, which all hosts go by. */
  clock?: SteeredClock;
  /** Most connections at once; default 8. */
  connections?: number;
  /** False: instants are those that the caller names, as a test wants it. */
  serverTime?: boolean;
  /** Opens it even where it was moved away or is not in use yet, to compare it. */
  anyPlace?: boolean;
}

/** Every statement is over within this, or is refused: a host must not wait for ever for a server that hangs. */
const STATEMENT_MS = 30_000;
/** The client waits a little longer than the server, then takes the connection for lost. */
const ANSWER_MS = 45_000;
/** A host that stood still in a transaction loses it, and its locks with it. */
const IDLE_IN_TRANSACTION_MS = 15_000;
const LOCK_MS = 10_000;
const CONNECT_MS = 5000;

/**
 * Opens the store in a PostgreSQL database (13 or newer), makes its schema where it is new, and brings it up to date.
 * Throws Failure: E_CONFIG (the address), E_DB_UNREACHABLE, E_DB_ACCESS, E_DB_FOREIGN, E_DB_NEWER, E_DB_READONLY,
 * E_STORE_MOVED; and E_NOT_FOUND where there is nothing to read yet. Its functions throw those and E_DB_BUSY, E_DISK_FULL.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const address = addressOf(options.address);
  // Never at the start of a program whose home is a file.
  const { Pool: PgPool, types } = (await import('pg')).default;
  const pool = new PgPool({ ...poolConfig(address, options), types: numbersOf(types) });
  // A connection that breaks: whoever uses it is told by what it asked; one that nobody uses is replaced at the next use.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  pool.on('error', () => undefined);
  try {
    await prepare(pool, address, options);
  } catch (error) {
    await pool.end();
    throw asStoreFailure(error, address.place);
  }
  const connection = createConnection({
    pool,
    place: address.place,
    schema: address.schema,
    serverTime: options.serverTime ?? true,
    ...(options.actor === undefined ? {} : { actor: options.actor }),
  });
  return Object.assign(storeOver(connection), { secrets: secretTable(connection) });
}

const KNOWN = `SELECT ${NOW} AS now, (SELECT value FROM meta WHERE key = $1) AS value`;

async function prepare(
  pool: Pool,
  { schema, place }: StoreAddress,
  { readOnly = false, anyPlace = false, clock }: PostgresStoreOptions,
): Promise<void> {
  const client = await pool.connect();
  try {
    await migrate(client, schema, { readOnly });
    if (anyPlace) return;
    const askedAt = clock?.own.now() ?? 0;
    const known = await client.query<{ value: string | null; now: number }>(KNOWN, [PLACE_KEY]);
    const { value, now } = known.rows[0] as (typeof known.rows)[0];
    clock?.learn(askedAt, now, clock.own.now());
    refuseMoved(value ?? undefined, place);
    if (!readOnly) await client.query("DELETE FROM receipts WHERE opened_at < now() - interval '7 days'");
  } finally {
    client.release();
  }
}

/** How repost connects to that server. Throws E_CONFIG. */
export function poolConfig(
  address: StoreAddress,
  { env, connections = 8, readOnly }: Omit<PostgresStoreOptions, 'address'>,
): PoolConfig {
  const password = passwordFrom(env);
  const settings = {
    search_path: address.schema,
    // An intent must be on the server's disk before its request leaves, whatever the server's own default is.
    synchronous_commit: 'on',
    // A table that is small today would be read, and by that locked, as a whole.
    enable_seqscan: 'off',
    jit: 'off',
    statement_timeout: STATEMENT_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    ...(readOnly ? { default_transaction_read_only: 'on' } : {}),
  };
  return {
    ...address.config,
    ...(password === undefined ? {} : { password }),
    max: connections,
    application_name: 'repost',
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    idleTimeoutMillis: 30_000,
    // Their receipts are kept for longer than any connection lives.
    maxLifetimeSeconds: 3600,
    allowExitOnIdle: true,
  };
}

/** bigint and numeric as numbers: ids, epoch ms and sums of them fit. */
export function numbersOf(types: typeof PgTypes): NonNullable<PoolConfig['types']> {
  const { INT8, NUMERIC } = types.builtins;
  return {
    getTypeParser: (oid, format) =>
      oid === INT8 || oid === NUMERIC ? Number : types.getTypeParser(oid, format),
  };
}

/** From a file that the environment names; otherwise pg looks into PGPASSWORD and PGPASSFILE itself. */
function passwordFrom(env: NodeJS.ProcessEnv): string | undefined {
  const file = env['REPOST_STORE_PASSWORD_FILE'];
  if (!file) return env['PGPASSWORD'];
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/u, '');
  } catch (cause) {
    throw new Failure('E_CONFIG', {
      message: `The file that REPOST_STORE_PASSWORD_FILE names can’t be read: ${file}.`,
      cause,
    });
  }
}
