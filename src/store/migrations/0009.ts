import type { Migration } from '../schema.ts';

/** Views and likes as platforms told them last; and indexes for what is asked of many rules and jobs. */
export const migration: Migration = {
  number: 9,
  sql: `
    CREATE TABLE post_numbers (
      job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
      account_id INTEGER NOT NULL REFERENCES accounts (id),
      -- Null: its platform does not tell.
      views INTEGER,
      likes INTEGER,
      comments INTEGER,
      shares INTEGER,
      gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1)),
      -- Null until it was read once.
      read_at INTEGER,
      -- When to ask again (epoch ms); null: never.
      next_at INTEGER
    ) STRICT;
    CREATE INDEX post_numbers_due ON post_numbers (account_id, next_at) WHERE next_at IS NOT NULL;

    -- The same of the originals.
    CREATE TABLE video_numbers (
      video_id INTEGER PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
      views INTEGER,
      likes INTEGER,
      comments INTEGER,
      shares INTEGER,
      read_at INTEGER NOT NULL
    ) STRICT;

    CREATE INDEX rules_source ON rules (source_id) WHERE removed_at IS NULL;
    -- When jobs ended that have no post.
    CREATE INDEX jobs_failed ON jobs (updated_at) WHERE state IN ('dead', 'unknown', 'cancelled');
  `,
};
