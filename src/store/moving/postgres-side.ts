import pg, { type Client } from 'pg';
import { MINUTE } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { FENCED, FENCED_CODE, PLACE_KEY, type StorePlace } from '../place.ts';
import { addressOf } from '../postgres/address.ts';
import { NOW } from '../postgres/connection.ts';
import { asStoreFailure } from '../postgres/errors.ts';
import { numbersOf, openPostgresStore, poolConfig } from '../postgres/open.ts';
import { migrate, schemaNumber } from '../postgres/schema.ts';
import { counting } from './facts.ts';
import type { Row, Side, StoreFacts } from './side.ts';
import { type MovedTable, movedTables, RECOUNT, tellingTables } from './tables.ts';

const BATCH = 500;
/** A host that was seen within this time may be at work. */
const SEEN_MS = MINUTE;

/** A store on a server as a side of a move. Throws E_CONFIG. */
export function postgresSide(text: string, env: NodeJS.ProcessEnv): Side {
  const { schema, place: where } = addressOf(text);
  let connected: Promise<Client> | undefined;

  const client = (): Promise<Client> => {
    connected ??= connect(text, env);
    return connected;
  };
  async function ask<R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
    try {
      return (await (await client()).query<R>(sql, [...values])).rows;
    } catch (error) {
      throw asStoreFailure(error, where);
    }
  }
  const exists = async (table: string) =>
    (await ask<{ found: string | null }>('SELECT to_regclass($1)::text AS found', [`${schema}.${table}`]))[0]
      ?.found !== null;
  const value = async (key: string) =>
    (await exists('meta'))
      ? (await ask<{ value: string }>('SELECT value FROM meta WHERE key = $1', [key]))[0]?.value
      : undefined;
  const place = async () => {
    const found = await value(PLACE_KEY);
    return found === undefined ? undefined : (JSON.parse(found) as StorePlace);
  };
  const tables = async () =>
    (
      await ask<{ name: string }>('SELECT tablename AS name FROM pg_tables WHERE schemaname = $1', [schema])
    ).map(({ name }) => name);
  const triggers = (how: 'ENABLE' | 'DISABLE') =>
    ask(movedTables.map((one) => `ALTER TABLE ${written(one)} ${how} TRIGGER USER`).join('; '));
  const schemaHere = async () => (await ask<{ schema: number }>('SELECT schema FROM home'))[0]?.schema ?? 0;

  return {
    kind: 'postgres',
    name: text,
    place,
    value,
    async facts() {
      const facts = { kind: 'postgres' as const, where: `${where}, schema ${schema}` };
      if (!(await exists('home'))) return { ...facts, schema: null, bytes: 0, counts: counting.none };
      const sizes = await ask<{ bytes: number }>(
        'SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind = $2',
        [schema, 'r'],
      );
      const counts = (await ask<StoreFacts['counts']>(counting.sql))[0] ?? counting.none;
      return { ...facts, schema: await schemaHere(), bytes: sizes[0]?.bytes ?? 0, counts };
    },
    async isEmpty() {
      if (!(await exists('home'))) return true;
      const asked = tellingTables.map((one) => `EXISTS (SELECT FROM ${one})`).join(' OR ');
      return (await ask<{ used: boolean }>(`SELECT ${asked} AS used`))[0]?.used === false;
    },
    async activeHosts() {
      const rows = await ask<{ name: string }>(
        `SELECT name FROM hosts WHERE seen_at > ${NOW} - $1 AND instance <> ''
         UNION SELECT holder FROM jobs WHERE state = 'running' AND lease_until > ${NOW} AND holder IS NOT NULL
         ORDER BY 1`,
        [SEEN_MS],
      );
      return rows.map(({ name }) => name);
    },
    async prepare() {
      const state = (await place())?.state ?? 'live';
      try {
        // Behind a fence, which must stay up till the copy is there, it can’t be brought up to date.
        if (state === 'live') await migrate(await client(), schema);
      } catch (error) {
        throw asStoreFailure(error, where);
      }
      const here = await schemaHere();
      if (here === schemaNumber) return;
      const message = `At ${where} is the schema ${here}, and this repost knows ${schemaNumber}.`;
      throw new Failure(here > schemaNumber ? 'E_DB_NEWER' : 'E_STORE_NOT_EMPTY', { message });
    },
    async begin() {
      await ask('BEGIN ISOLATION LEVEL READ COMMITTED');
      // Others read on; whoever wants to change something waits, and meets the fence.
      await ask(`LOCK TABLE ${(await tables()).join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
    },
    commit: async () => void (await ask('COMMIT')),
    rollback: async () => void (await ask('ROLLBACK').catch(() => undefined)),
    async columns({ name }) {
      const rows = await ask<{ name: string }>(
        `SELECT column_name AS name FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 AND is_generated = 'NEVER'`,
        [schema, name],
      );
      return rows.map((row) => row.name).sort();
    },
    async *rows({ name, key, except }, columns) {
      const filter = except === undefined ? '' : ` WHERE NOT (${except})`;
      await ask(
        `DECLARE moving NO SCROLL CURSOR FOR SELECT ${columns.map(quoted).join(', ')} FROM ${name}${filter} ORDER BY ${key.join(', ')}`,
      );
      for (;;) {
        const rows = await ask<Row>(`FETCH ${BATCH} FROM moving`);
        if (rows.length > 0) yield rows;
        if (rows.length < BATCH) break;
      }
      await ask('CLOSE moving');
    },
    async counter({ name, key }) {
      const rows = await ask<{ last: number | null }>(
        `SELECT greatest(pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass), (SELECT max(${key[0]}) FROM ${name})) AS last`,
        [name, key[0]],
      );
      return rows[0]?.last ?? 0;
    },
    async clear() {
      await lowerFence(ask, await tables());
      await ask(`TRUNCATE ${movedTables.map(written).join(', ')}`);
      await triggers('DISABLE');
    },
    async insert(table, columns, rows) {
      const names = columns.map(quoted).join(', ');
      const [part, zero] = table.writtenAs === undefined ? ['', ''] : [', part', ', 0'];
      await ask(
        `INSERT INTO ${written(table)} (${names}${part}) SELECT ${names}${zero} FROM json_populate_recordset(NULL::${table.name}, $1::json)`,
        [JSON.stringify(rows, (_, cell: unknown) => (cell === Number.POSITIVE_INFINITY ? 'Infinity' : cell))],
      );
    },
    async setCounter({ name, key }, last) {
      await ask('SELECT setval(pg_get_serial_sequence($1, $2), greatest($3::bigint, 1), $3::bigint > 0)', [
        name,
        key[0],
        last,
      ]);
    },
    async settle() {
      await ask(
        `INSERT INTO tally_parts (metric, platform, label, le, part, n, total)
         SELECT metric, platform, label, 0, 0, n, 0 FROM (${RECOUNT}) AS counted`,
      );
      await triggers('ENABLE');
      // What a host still keeps in memory of these is not theirs any more.
      await ask(
        `INSERT INTO stamps (name, part, n) VALUES ('accounts', 0, 1), ('rules', 0, 1)
         ON CONFLICT (name, part) DO UPDATE SET n = stamps.n + 1`,
      );
    },
    async setPlace(next) {
      const all = await tables();
      await lowerFence(ask, all);
      await ask(
        'INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        [PLACE_KEY, JSON.stringify(next)],
      );
      if (next.state !== 'live') await raiseFence(ask, all, next.other);
    },
    open: () => openPostgresStore({ address: text, env, readOnly: true, connections: 2, anyPlace: true }),
    async close() {
      const open = await connected?.catch(() => undefined);
      await open?.end();
    },
  };

  async function connect(address: string, environment: NodeJS.ProcessEnv): Promise<Client> {
    const { query_timeout: _, ...settings } = poolConfig(addressOf(address), { env: environment });
    const made = new pg.Client({ ...settings, types: numbersOf(pg.types) });
    // Seen at the next question.
    made.on('error', () => undefined);
    try {
      await made.connect();
      // A copy takes as long as it takes.
      await made.query('SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0');
      return made;
    } catch (error) {
      throw asStoreFailure(error, where);
    }
  }
}

type Ask = (sql: string, values?: readonly unknown[]) => Promise<object[]>;

const quoted = (name: string) => `"${name}"`;
const written = ({ name, writtenAs }: MovedTable) => writtenAs ?? name;

async function lowerFence(ask: Ask, tables: readonly string[]): Promise<void> {
  for (const table of tables) await ask(`DROP TRIGGER IF EXISTS fence ON ${table}`);
}

/** No row of it is changed any more, by whatever host has it open and however old its program is. */
async function raiseFence(ask: Ask, tables: readonly string[], other: string): Promise<void> {
  const text = `${FENCED} ${other}`.replaceAll("'", "''").replaceAll('%', '%%');
  await ask(`CREATE OR REPLACE FUNCTION fence() RETURNS trigger LANGUAGE plpgsql AS $fence$ BEGIN
    RAISE EXCEPTION '${text}' USING ERRCODE = '${FENCED_CODE}';
  END $fence$`);
  for (const table of tables)
    await ask(
      `CREATE TRIGGER fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table} EXECUTE FUNCTION fence()`,
    );
}
