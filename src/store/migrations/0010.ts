import type { Migration } from '../schema.ts';

/** Who works on what: hosts, and which of them holds a job or asks a source. */
export const migration: Migration = {
  number: 10,
  sql: `
    CREATE TABLE hosts (
      name TEXT PRIMARY KEY,
      instance TEXT NOT NULL,
      version TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      seen_at INTEGER NOT NULL,
      draining INTEGER NOT NULL DEFAULT 0,
      -- How far its clock is ahead of the database's (ms).
      skew_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;

    -- The host that runs it, which of its processes, and until when it is that one's without a sign of life.
    ALTER TABLE jobs ADD COLUMN holder TEXT;
    ALTER TABLE jobs ADD COLUMN instance TEXT;
    ALTER TABLE jobs ADD COLUMN lease_until INTEGER;
    -- The host that sent its post without an answer and may be sending still: till it is known to be dead, the
    -- post is only looked for.
    ALTER TABLE jobs ADD COLUMN sender TEXT;

    -- The host that asks it, and until when nobody else does.
    ALTER TABLE sources ADD COLUMN polled_by TEXT;
    ALTER TABLE sources ADD COLUMN poll_until INTEGER;
  `,
};
