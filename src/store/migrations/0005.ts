import type { Migration } from '../schema.ts';

/** Who may use the local API: only hashes of what they carry. And the answers of changes that carried a key. */
export const migration: Migration = {
  number: 5,
  sql: `
    CREATE TABLE credentials (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('token', 'code', 'session', 'link')),
      name TEXT NOT NULL,
      -- Null: not bound to one user.
      user TEXT,
      role TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
      -- SHA-256 of 32 random bytes; empty for links, which are signed.
      hash TEXT NOT NULL,
      job_id INTEGER REFERENCES jobs (id) ON DELETE CASCADE,
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      last_used_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX credentials_job ON credentials (job_id) WHERE job_id IS NOT NULL;

    CREATE TABLE replies (
      key TEXT PRIMARY KEY,
      request TEXT NOT NULL,
      -- Null while the first request is under way.
      status INTEGER,
      body TEXT,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
