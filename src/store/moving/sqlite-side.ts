import { existsSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Database } from 'better-sqlite3';
import type { Clock } from '../../core/clock.ts';
import { openFile } from '../driver.ts';
import { asStoreFailure } from '../errors.ts';
import { openDatabase } from '../open.ts';
import { FENCED, PLACE_KEY, type StorePlace } from '../place.ts';
import { migrate, schemaOf } from '../schema.ts';
import { storeOn } from '../sqlite.ts';
import { counting } from './facts.ts';
import type { Row, Side, StoreFacts } from './side.ts';
import { type MovedTable, movedTables, RECOUNT, tellingTables } from './tables.ts';

const BATCH = 500;
const CHANGES = ['INSERT', 'UPDATE', 'DELETE'] as const;

/** The home's own file as a side of a move. */
export function sqliteSide(path: string, clock: Clock): Side {
  let opened: Database | undefined;
  let triggers: string[] = [];
  const name = `${hostname()}:${path}`;

  const database = (): Database => {
    if (!opened) {
      opened = openFile(path);
      opened.pragma('synchronous = FULL');
    }
    return opened;
  };
  const exists = () => existsSync(path) && statSync(path).size > 0;
  const placeIn = (db: Database): StorePlace | undefined => {
    if (!hasTable(db, 'meta')) return undefined;
    const text = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(PLACE_KEY);
    return text === undefined ? undefined : (JSON.parse(text) as StorePlace);
  };
  /** What SQLite refuses, in our words. */
  async function asked<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw asStoreFailure(error, path);
    }
  }

  return {
    kind: 'sqlite',
    name,
    place: () => asked(() => (exists() ? placeIn(database()) : undefined)),
    facts: () => asked(() => (exists() ? factsOf(database(), path) : { ...nothing, where: path })),
    isEmpty: () =>
      asked(
        () =>
          !exists() || tellingTables.every((one) => !hasTable(database(), one) || !hasRow(database(), one)),
      ),
    // Whoever works on a file holds the home’s lock.
    activeHosts: async () => [],
    value: (key) =>
      asked(() =>
        database().prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(key),
      ),
    async prepare() {
      if (!exists() || (await this.place()) === undefined) {
        (await openDatabase({ path, clock })).close();
        return;
      }
      const db = database();
      await asked(() => db.transaction(() => bringUpToDate(db, placeIn(db))).immediate());
    },
    begin: () => asked(() => void database().exec('BEGIN IMMEDIATE')),
    commit: () => asked(() => void database().exec('COMMIT')),
    async rollback() {
      if (opened?.inTransaction) opened.exec('ROLLBACK');
    },
    columns: (table) =>
      asked(() => {
        const names = database()
          .prepare<[string], string>('SELECT name FROM pragma_table_info(?)')
          .pluck()
          .all(table.name);
        return [...names, ...table.key.filter((key) => key === 'rowid')].sort();
      }),
    async *rows(table, columns) {
      const rows = database().prepare<[], Row>(selectOf(table, columns)).iterate();
      let batch: Row[] = [];
      for (const row of rows) {
        batch.push(row);
        if (batch.length < BATCH) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    },
    counter: ({ name: table, key }) =>
      asked(() => {
        const db = database();
        const last = db.prepare<[string], number>('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck();
        const highest = db.prepare<[], number | null>(`SELECT max(${key[0]}) FROM ${table}`).pluck().get();
        return Math.max(last.get(table) ?? 0, highest ?? 0);
      }),
    clear: () =>
      asked(() => {
        const db = database();
        lowerFence(db);
        triggers = db
          .prepare<[], string>("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
          .pluck()
          .all();
        for (const one of triggerNames(db)) db.exec(`DROP TRIGGER ${one}`);
        for (const { name: table } of [...movedTables].reverse()) db.exec(`DELETE FROM ${table}`);
      }),
    insert: (table, columns, rows) =>
      asked(() => {
        const names = columns.map(quoted).join(', ');
        const marks = columns.map((column) => `:${column}`).join(', ');
        const statement = database().prepare(`INSERT INTO ${table.name} (${names}) VALUES (${marks})`);
        for (const row of rows) statement.run(row);
      }),
    setCounter: ({ name: table }, last) =>
      asked(() => {
        const db = database();
        const counts = "SELECT 1 FROM sqlite_schema WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'";
        if (!db.prepare(counts).get(table)) return;
        db.prepare('DELETE FROM sqlite_sequence WHERE name = ?').run(table);
        db.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(table, last);
      }),
    settle: () =>
      asked(() => {
        const db = database();
        db.exec(`INSERT INTO tallies SELECT metric, platform, label, 0, n, 0 FROM (${RECOUNT})`);
        db.exec(`DELETE FROM job_counts; INSERT INTO job_counts
          SELECT state, coalesce(reason, ''), count(*) FROM jobs GROUP BY 1, 2`);
        for (const sql of triggers) db.exec(sql);
      }),
    setPlace: (place) => asked(() => putPlace(database(), place)),
    open: async () => storeOn(openFile(path), clock, path),
    async close() {
      opened?.close();
      opened = undefined;
    },
  };
}

const nothing: StoreFacts = { kind: 'sqlite', where: '', schema: null, bytes: 0, counts: counting.none };
const quoted = (name: string) => `"${name}"`;

function selectOf({ name, key, except }: MovedTable, columns: readonly string[]): string {
  const where = except === undefined ? '' : ` WHERE NOT (${except})`;
  return `SELECT ${columns.map(quoted).join(', ')} FROM ${name}${where} ORDER BY ${key.join(', ')}`;
}

function hasTable(db: Database, name: string): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(name) !== undefined;
}

function hasRow(db: Database, table: string): boolean {
  return db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined;
}

function factsOf(db: Database, path: string): StoreFacts {
  const counts = db.prepare<[], StoreFacts['counts']>(counting.sql).get() ?? counting.none;
  return { kind: 'sqlite', where: path, schema: schemaOf(db), bytes: statSync(path).size, counts };
}

const triggerNames = (db: Database) =>
  db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all();

function lowerFence(db: Database): void {
  for (const one of triggerNames(db)) if (one.startsWith('fence_')) db.exec(`DROP TRIGGER ${one}`);
}

/** No row of it is changed any more, by whoever has it open and however old that program is. */
function raiseFence(db: Database, other: string): void {
  const text = `${FENCED} ${other}`.replaceAll("'", "''");
  const tables = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all();
  for (const table of tables)
    for (const change of CHANGES)
      db.exec(
        `CREATE TRIGGER fence_${change.toLowerCase()}_${table} BEFORE ${change} ON ${table} BEGIN SELECT RAISE(ABORT, '${text}'); END`,
      );
}

function putPlace(db: Database, place: StorePlace): void {
  lowerFence(db);
  db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(PLACE_KEY, JSON.stringify(place));
  if (place.state !== 'live') raiseFence(db, place.other);
}

function bringUpToDate(db: Database, place: StorePlace | undefined): void {
  lowerFence(db);
  migrate(db);
  if (place) putPlace(db, place);
}
