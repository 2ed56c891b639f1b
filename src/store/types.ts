import type {
  AccountStore,
  AnalyticsStore,
  AppStore,
  CredentialStore,
  ReplyStore,
  UserStore,
} from './account-types.ts';
import type { AlertStore } from './alert-types.ts';
import type { HostStore } from './host-types.ts';
import type { JobStore, JournalStore } from './job-types.ts';
import type {
  AuditStore,
  BreakerStore,
  HostedStore,
  LedgerStore,
  LimitStore,
  MediaStore,
  TallyStore,
} from './limit-types.ts';
import type { NumberStore } from './number-types.ts';
import type { SecretTable } from './secret-types.ts';
import type { RuleStore, SourceStore, VideoStore } from './video-types.ts';

export type * from './account-types.ts';
export type * from './host-types.ts';
export type * from './job-types.ts';
export type * from './limit-types.ts';
export type * from './number-types.ts';
export type * from './secret-types.ts';
export type * from './video-types.ts';

/**
 * Everything that lasts. Each function is one whole transaction and returns a promise, so that another store
 * (PostgreSQL) can stand in this one's place. Instants are epoch ms, remote ids text. What is changed is on the disk
 * (not only in its cache) when its function resolves, intents and outcomes above all; but for what can be found out or
 * done again, which the next such change takes along (`writeLazily`).
 */
export interface Store {
  accounts: AccountStore;
  apps: AppStore;
  sources: SourceStore;
  rules: RuleStore;
  videos: VideoStore;
  jobs: JobStore;
  journal: JournalStore;
  limits: LimitStore;
  media: MediaStore;
  users: UserStore;
  breakers: BreakerStore;
  hosted: HostedStore;
  hosts: HostStore;
  ledger: LedgerStore;
  audit: AuditStore;
  tallies: TallyStore;
  credentials: CredentialStore;
  replies: ReplyStore;
  analytics: AnalyticsStore;
  numbers: NumberStore;
  alerts: AlertStore;
  /** Only on a server: a home’s own file never has secrets, not even encrypted ones. */
  secrets?: SecretTable;
  /** Small named values: consents, generation, settings of the home. Never secrets. */
  meta: {
    get(key: string): Promise<string | undefined>;
    set(key: string, value: string): Promise<void>;
    /** Keys that begin so, sorted. */
    keys(prefix: string): Promise<string[]>;
    remove(key: string): Promise<void>;
  };
  /** Changes whenever anybody, in any process, changed the database. */
  version(): Promise<number>;
  close(): Promise<void>;
}
