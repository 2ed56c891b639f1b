import type { Migration } from '../schema.ts';

/** Circuit breakers: what is known of a lane whose platform keeps failing, so that a restart does not forget it. */
export const migration: Migration = {
  number: 2,
  sql: `
    CREATE TABLE breakers (
      account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
      -- Failed runs since the last good one.
      failures INTEGER NOT NULL,
      -- Times it opened since it was last closed: the pause doubles with each.
      opened INTEGER NOT NULL,
      -- Nothing runs before this (epoch ms); null where it is closed.
      open_until INTEGER,
      updated_at INTEGER NOT NULL
    ) STRICT;
  `,
};
