import type { Migration } from '../schema.ts';

/** Copies of videos that stand on a public address: written before the copy is made, so that none is forgotten. */
export const migration: Migration = {
  number: 3,
  sql: `
    CREATE TABLE hosted (
      id INTEGER PRIMARY KEY,
      job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
      -- Which host holds it, as it calls itself: only that one can take it away.
      place TEXT NOT NULL,
      -- Its name there, sealed: whoever knows it can read the file.
      handle TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX hosted_job ON hosted (job_id);
  `,
};
