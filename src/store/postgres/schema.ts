import type { ClientBase } from 'pg';
import { Failure } from '../../core/failure.ts';
import { migration as first } from './migrations/0001.ts';
import { migration as second } from './migrations/0002.ts';
import { migration as third } from './migrations/0003.ts';
import { migration as fourth } from './migrations/0004.ts';
import { migration as fifth } from './migrations/0005.ts';

/**
 * One numbered change of the schema. It only ever adds, so that the version before works on: hosts are updated one
 * after the other. `breaks`: older programs can't work with what it makes.
 */
export interface Migration {
  number: number;
  sql: string;
  breaks?: true;
}

export const migrations: readonly Migration[] = [first, second, third, fourth, fifth];
/** The schema that this version of repost reads and writes. */
export const schemaNumber = migrations.length;

/** What stands in `home`. */
interface Home {
  schema: number;
  /** Programs that know schemas from this one on can work with it. */
  compatible: number;
}

/** Whoever migrates holds this; any number would do that other programs don't use. */
const MIGRATION_LOCK = 0x52707374;

/**
 * Makes the schema `name`, or brings it up to date. Several hosts may do it at once. Throws the server's errors, and
 * E_DB_FOREIGN, E_DB_NEWER; with `readOnly` E_NOT_FOUND where there is nothing yet.
 */
export async function migrate(
  client: ClientBase,
  name: string,
  options: { readOnly?: boolean; steps?: readonly Migration[] } = {},
): Promise<void> {
  const steps = options.steps ?? migrations;
  // The schema that this version of repost reads and writes.
  const known = steps.length;
  if (await isUpToDate(client, name, known)) return;
  if (options.readOnly) {
    if (await homeOf(client, name)) return;
    throw new Failure('E_NOT_FOUND', {
      message: `The database has no schema “${name}” made by repost yet.`,
      hint: 'Set repost up first.',
      command: 'repost init',
    });
  }
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const home = (await homeOf(client, name)) ?? (await begin(client, name));
    refuseNewer(home, name, known);
    for (const step of steps) {
      if (step.number <= home.schema) continue;
      if (step.breaks) await fenceOlder(client);
      await client.query(step.sql.replaceAll(/\bTEXT\b/gu, 'text COLLATE "C"'));
      await client.query('UPDATE home SET schema = $1, compatible = greatest(compatible, $2)', [
        step.number,
        step.breaks ? step.number : 0,
      ]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/**
 * Waits for what other programs have under way, and lets those that don't know this schema write nothing any more:
 * without its receipt a connection looks whether it still fits.
 */
async function fenceOlder(client: ClientBase): Promise<void> {
  await client.query('LOCK TABLE receipts IN EXCLUSIVE MODE; DELETE FROM receipts');
}

/** A newer program changed the schema while this one had it open. */
export function newer(): Failure {
  return new Failure('E_DB_NEWER', {
    message: `A newer repost has changed the database; this one knows schemas up to ${schemaNumber}, and writes nothing any more.`,
  });
}

async function isUpToDate(client: ClientBase, name: string, known: number): Promise<boolean> {
  const home = await homeOf(client, name);
  if (!home) return false;
  refuseNewer(home, name, known);
  return home.schema >= known;
}

function refuseNewer(home: Home, name: string, known: number): void {
  if (home.schema <= known || home.compatible <= known) return;
  throw new Failure('E_DB_NEWER', {
    message: `The database’s schema “${name}” is number ${home.schema}; this repost knows schemas up to ${known}.`,
  });
}

/** Undefined where there is none. Throws E_DB_FOREIGN where the schema holds what is not ours. */
async function homeOf(client: ClientBase, name: string): Promise<Home | undefined> {
  const tables = await client.query<{ tablename: string }>(
    'SELECT tablename FROM pg_tables WHERE schemaname = $1',
    [name],
  );
  if (tables.rows.length === 0) return undefined;
  const names = tables.rows.map(({ tablename }) => tablename);
  const home = names.includes('home')
    ? (await client.query<Home>('SELECT schema, compatible FROM home').catch(() => undefined))?.rows[0]
    : undefined;
  if (home) return home;
  throw new Failure('E_DB_FOREIGN', {
    message: `The database’s schema “${name}” belongs to another program.`,
    hint: 'Name a schema of repost’s own: postgres://…/db?schema=NAME.',
  });
}

async function begin(client: ClientBase, name: string): Promise<Home> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${name}`);
  await client.query(`
    CREATE TABLE home (
      id bigint PRIMARY KEY CHECK (id = 1),
      initialised_at text NOT NULL,
      schema bigint NOT NULL,
      compatible bigint NOT NULL
    );
    INSERT INTO home VALUES (1, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 0, 1)`);
  return { schema: 0, compatible: 1 };
}
