import type { Database } from 'better-sqlite3';
import type { Clock } from '../core/clock.ts';
import { accountStore } from './accounts.ts';
import { alertStore } from './alerts.ts';
import { analyticsStore } from './analytics.ts';
import { appStore } from './apps.ts';
import { auditStore } from './audit.ts';
import { breakerStore } from './breakers.ts';
import { credentialStore } from './credentials.ts';
import { openFile } from './driver.ts';
import { hostedStore } from './hosted.ts';
import { jobStore } from './jobs.ts';
import { journalStore } from './journal.ts';
import { ledgerStore } from './ledger.ts';
import { limitStore } from './limits.ts';
import { mediaStore } from './media.ts';
import { metaStore } from './meta.ts';
import { numberStore } from './numbers.ts';
import { type OpenOptions, openDatabase } from './open.ts';
import { replyStore } from './replies.ts';
import { ruleStore } from './rules.ts';
import { sourceStore } from './sources.ts';
import { createConnection } from './sqlite-connection.ts';
import { tallyStore } from './tallies.ts';
import type { Store } from './types.ts';
import { userStore } from './users.ts';
import { videoStore } from './videos.ts';

/**
 * Opens the store in a SQLite file, made where the home is new, or in memory. See `openDatabase` for what it
 * throws. Its functions throw Failure: E_DB_BUSY after ten seconds of somebody else's lock, E_DISK_FULL,
 * E_DB_CORRUPT, E_DB_READONLY; E_INTERRUPTED after `close`; and what `Store` names.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  return storeOn(await openDatabase(options), options.clock, options.path, options.actor);
}

/** The store on a database that `openDatabase` gave. `path` is for messages. */
export function storeOn(db: Database, clock: Clock, path: string, actor?: string): Store {
  const connection = createConnection(db, clock, path, actor);
  return {
    accounts: accountStore(connection),
    apps: appStore(connection),
    sources: sourceStore(connection),
    rules: ruleStore(connection),
    videos: videoStore(connection),
    jobs: jobStore(connection),
    journal: journalStore(connection),
    limits: limitStore(connection),
    media: mediaStore(connection),
    users: userStore(connection),
    breakers: breakerStore(connection),
    hosted: hostedStore(connection),
    ledger: ledgerStore(connection),
    audit: auditStore(connection),
    tallies: tallyStore(connection),
    credentials: credentialStore(connection),
    replies: replyStore(connection),
    analytics: analyticsStore(connection),
    numbers: numberStore(connection),
    alerts: alertStore(connection),
    meta: metaStore(connection),
    version: connection.version,
    close: connection.close,
  };
}

/** The version of SQLite that the database is kept with. */
export function sqliteVersion(): string {
  const db = openFile(':memory:');
  try {
    return db.prepare('SELECT sqlite_version()').pluck().get() as string;
  } finally {
    db.close();
  }
}
