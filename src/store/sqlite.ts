import type { Database } from 'better-sqlite3';
import type { Clock } from '../core/clock.ts';
import { accountStore } from './accounts.ts';
import { alertStore } from './alerts.ts';
import { analyticsStore } from './analytics.ts';
import { appStore } from './apps.ts';
import { auditStore } from './audit.ts';
import { breakerStore } from './breakers.ts';
import type { Connection } from './connection.ts';
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
export function storeOn(db: Database, clock: Clock, path: string, actor?: () => string): Store {
  const connection = createConnection(db, clock, path, actor);
  const parts = Object.entries(tables).map(([name, make]) => {
    let part: unknown;
    const get = () => {
      part ??= make(connection);
      return part;
    };
    return [name, { get, enumerable: true }] as const;
  });
  const { version, close } = connection;
  return Object.defineProperties({ version, close } as Store, Object.fromEntries(parts));
}

/** Each is made when it is first asked for: most commands want a few of them. */
const tables: { [Name in Exclude<keyof Store, 'version' | 'close'>]: (on: Connection) => Store[Name] } = {
  accounts: accountStore,
  apps: appStore,
  sources: sourceStore,
  rules: ruleStore,
  videos: videoStore,
  jobs: jobStore,
  journal: journalStore,
  limits: limitStore,
  media: mediaStore,
  users: userStore,
  breakers: breakerStore,
  hosted: hostedStore,
  ledger: ledgerStore,
  audit: auditStore,
  tallies: tallyStore,
  credentials: credentialStore,
  replies: replyStore,
  analytics: analyticsStore,
  numbers: numberStore,
  alerts: alertStore,
  meta: metaStore,
};

/** The version of SQLite that the database is kept with. */
export function sqliteVersion(): string {
  const db = openFile(':memory:');
  try {
    return db.prepare('SELECT sqlite_version()').pluck().get() as string;
  } finally {
    db.close();
  }
}
