import type { Migration } from '../schema.ts';

/** Who works on what: SQLite’s migration 10. */
export const migration: Migration = {
  number: 4,
  sql: `
CREATE TABLE hosts (
  name TEXT PRIMARY KEY,
  instance TEXT NOT NULL,
  version TEXT NOT NULL,
  started_at bigint NOT NULL,
  seen_at bigint NOT NULL,
  draining bigint NOT NULL DEFAULT 0,
  -- How far its clock is ahead of the database’s (ms).
  skew_ms bigint NOT NULL DEFAULT 0
);

-- The host that runs it, which of its processes, and until when it is that one’s without a sign of life.
ALTER TABLE jobs ADD COLUMN holder TEXT;
ALTER TABLE jobs ADD COLUMN instance TEXT;
ALTER TABLE jobs ADD COLUMN lease_until bigint;
-- The host that sent its post without an answer and may be sending still: till it is known to be dead, the
-- post is only looked for.
ALTER TABLE jobs ADD COLUMN sender TEXT;

-- The host that asks it, and until when nobody else does.
ALTER TABLE sources ADD COLUMN polled_by TEXT;
ALTER TABLE sources ADD COLUMN poll_until bigint;
`,
};
