import { accountStore } from './accounts.ts';
import { alertStore } from './alerts.ts';
import { analyticsStore } from './analytics.ts';
import { appStore } from './apps.ts';
import { auditStore } from './audit.ts';
import { breakerStore } from './breakers.ts';
import type { Connection } from './connection.ts';
import { credentialStore } from './credentials.ts';
import { hostedStore } from './hosted.ts';
import { hostStore } from './hosts.ts';
import { jobStore } from './jobs.ts';
import { journalStore } from './journal.ts';
import { ledgerStore } from './ledger.ts';
import { limitStore } from './limits.ts';
import { mediaStore } from './media.ts';
import { metaStore } from './meta.ts';
import { numberStore } from './numbers.ts';
import { replyStore } from './replies.ts';
import { ruleStore } from './rules.ts';
import { sourceStore } from './sources.ts';
import { tallyStore } from './tallies.ts';
import type { Store } from './types.ts';
import { userStore } from './users.ts';
import { videoStore } from './videos.ts';

/** Each is made when it is first asked for: most commands want a few of them. */
const tables: {
  [Name in Exclude<keyof Store, 'version' | 'close' | 'secrets'>]: (on: Connection) => Store[Name];
} = {
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
  hosts: hostStore,
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

/** The store on a connection, whatever database is behind it. */
export function storeOver(connection: Connection): Store {
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
