import type { Migration } from '../schema.ts';

/**
 * The vault that hosts share. The server only ever has what is encrypted: the entries with a data key, the data key with
 * the key of each host, which lies on that host.
 */
export const migration: Migration = {
  number: 5,
  sql: `
CREATE TABLE vault_keys (
  -- Whose key opens it.
  name TEXT PRIMARY KEY,
  -- Of the data key: the same in all rows.
  data_key TEXT NOT NULL,
  kdf TEXT NOT NULL,
  wrapped TEXT NOT NULL,
  created_at bigint NOT NULL
);
CREATE TABLE vault_entries (
  name TEXT PRIMARY KEY,
  sealed TEXT NOT NULL,
  -- Which data key encrypted it.
  data_key TEXT NOT NULL
);
`,
};
