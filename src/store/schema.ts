import type { Database } from 'better-sqlite3';
import { migration as first } from './migrations/0001.ts';
import { migration as second } from './migrations/0002.ts';
import { migration as third } from './migrations/0003.ts';
import { migration as fourth } from './migrations/0004.ts';
import { migration as fifth } from './migrations/0005.ts';
import { migration as sixth } from './migrations/0006.ts';
import { migration as seventh } from './migrations/0007.ts';
import { migration as eighth } from './migrations/0008.ts';
import { migration as ninth } from './migrations/0009.ts';
import { migration as tenth } from './migrations/0010.ts';

/** One numbered change of the schema, whole in its own transaction. A migration that was released never changes. */
export interface Migration {
  number: number;
  sql: string;
}

/** In order. `npm run schemas` writes down what a new one makes. */
export const migrations: readonly Migration[] = [
  first,
  second,
  third,
  fourth,
  fifth,
  sixth,
  seventh,
  eighth,
  ninth,
  tenth,
];

/** The schema that this version of repost reads and writes. */
export const schemaNumber = migrations.length;

/** Marks the file as ours (https://www.sqlite.org/pragma.html#pragma_application_id): "Rpst" in ASCII. */
export const applicationId = 0x52707374;

export function schemaOf(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** Brings the schema up to date; two processes may do it at once. Throws SQLite's errors, busy among them. */
export function migrate(db: Database, steps: readonly Migration[] = migrations): void {
  for (const step of steps) {
    if (schemaOf(db) >= step.number) continue;
    db.transaction(() => {
      // Asked again inside: another process may have been faster.
      if (schemaOf(db) >= step.number) return;
      db.exec(step.sql);
      db.pragma(`user_version = ${step.number}`);
      db.pragma(`application_id = ${applicationId}`);
    }).immediate();
  }
}
