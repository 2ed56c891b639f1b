import type { Migration } from '../schema.ts';

/** Who let what go out. Lines are added and stay as they are, whatever becomes of the job. */
export const migration: Migration = {
  number: 7,
  sql: `
    CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      action TEXT NOT NULL CHECK (action IN ('published', 'approved', 'edited', 'retried', 'cancelled', 'resolved',
                                             'marked')),
      actor TEXT NOT NULL,
      job_id INTEGER NOT NULL,
      -- Whose word let it out, for posts; else null.
      word TEXT,
      -- Names as they were then: JSON.
      detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_job ON audit (job_id);
    CREATE INDEX audit_newest ON audit (at);
    CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
      SELECT RAISE(ABORT, 'the audit log is never changed');
    END;
    CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN
      SELECT RAISE(ABORT, 'nothing is removed from the audit log');
    END;
  `,
};
