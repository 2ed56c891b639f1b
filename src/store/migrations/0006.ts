import type { Migration } from '../schema.ts';

/** Alerts: where they go, what is wrong, what was told of it, and the messages on their way. No secrets. */
export const migration: Migration = {
  number: 6,
  sql: `
    CREATE TABLE alert_channels (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      settings TEXT NOT NULL,
      -- When its next digest is due (epoch ms); null where it wants none.
      digest_at INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE alert_problems (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL,
      problem TEXT NOT NULL,
      opened_at INTEGER NOT NULL,
      -- Since when it was not seen: what comes and goes is one problem.
      missing_since INTEGER,
      resolved_at INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX alert_problems_open ON alert_problems (key) WHERE resolved_at IS NULL;
    CREATE INDEX alert_problems_over ON alert_problems (resolved_at) WHERE resolved_at IS NOT NULL;

    -- What a channel is to be told, at most once each.
    CREATE TABLE alert_notices (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      channel_id INTEGER NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
      problem_id INTEGER NOT NULL REFERENCES alert_problems (id) ON DELETE CASCADE,
      state TEXT NOT NULL CHECK (state IN ('open', 'still', 'resolved')),
      step TEXT NOT NULL,
      due_at INTEGER NOT NULL,
      -- The message that tells it; null until there is one.
      message_id TEXT,
      UNIQUE (channel_id, problem_id, state, step)
    ) STRICT;
    CREATE INDEX alert_notices_waiting ON alert_notices (channel_id) WHERE message_id IS NULL;
    CREATE INDEX alert_notices_problem ON alert_notices (problem_id);

    CREATE TABLE alert_messages (
      id TEXT PRIMARY KEY,
      channel_id INTEGER NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
      body TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
      attempt INTEGER NOT NULL DEFAULT 0,
      due_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      ended_at INTEGER
    ) STRICT;
    CREATE INDEX alert_messages_open ON alert_messages (channel_id, created_at)
      WHERE state IN ('waiting', 'sending');
    CREATE INDEX alert_messages_over ON alert_messages (ended_at) WHERE ended_at IS NOT NULL;

    -- Every try to send something, for people; a channel's name outlives it.
    CREATE TABLE alert_deliveries (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      channel TEXT NOT NULL,
      kind TEXT NOT NULL,
      message_id TEXT NOT NULL,
      title TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'retried', 'failed')),
      error TEXT,
      at INTEGER NOT NULL,
      took_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX alert_deliveries_at ON alert_deliveries (at);
  `,
};
