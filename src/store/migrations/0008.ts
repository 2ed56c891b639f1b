import type { Migration } from '../schema.ts';

/** A summary each week, beside the daily one. */
export const migration: Migration = {
  number: 8,
  sql: `
    -- When its next weekly summary is due (epoch ms); null where it wants none.
    ALTER TABLE alert_channels ADD COLUMN weekly_at INTEGER;
  `,
};
