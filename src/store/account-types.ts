import type { Account, App } from '../core/account.ts';
import type { PlatformId } from '../core/names.ts';

export type NewAccount = Pick<
  Account,
  'platform' | 'handle' | 'name' | 'remoteId' | 'user' | 'scopes' | 'settings'
> & { expiresAt?: number | undefined; breaksAt?: number | undefined };

export interface AccountStore {
  /** Adds the account, or renews the one with the same platform and remote id (same `id`; status back to ok). */
  save(account: NewAccount, now: number): Promise<Account>;
  get(id: number): Promise<Account | undefined>;
  list(filter?: { user?: string; platform?: PlatformId }): Promise<Account[]>;
  /** Changes some fields; undefined leaves a field as it is. */
  update(
    id: number,
    change: Partial<
      Pick<Account, 'status' | 'scopes' | 'settings' | 'paused' | 'handle' | 'name' | 'user'>
    > & { expiresAt?: number | undefined; breaksAt?: number | undefined },
    now: number,
  ): Promise<Account>;
  /** Refuses (E_WRONG_STATE) while jobs of it run. Its jobs that wait are cancelled; history stays. */
  remove(id: number, now: number): Promise<void>;
}

export interface AppStore {
  save(app: Omit<App, 'clientSecret'>, now: number): Promise<void>;
  get(platform: PlatformId, host?: string): Promise<Omit<App, 'clientSecret'> | undefined>;
  list(): Promise<Omit<App, 'clientSecret'>[]>;
  remove(platform: PlatformId, host?: string): Promise<boolean>;
}

export interface UserRow {
  name: string;
  role: 'admin' | 'operator' | 'viewer';
  limits: Readonly<Record<string, number>>;
  createdAt: number;
}

export interface UserStore {
  save(user: Omit<UserRow, 'createdAt'>, now: number): Promise<UserRow>;
  list(): Promise<UserRow[]>;
  remove(name: string): Promise<boolean>;
}

/** What opens the local API, or one page of it. The thing itself is shown once and never stored. */
export interface CredentialRow {
  id: string;
  kind: 'token' | 'code' | 'session' | 'link';
  name: string;
  /** Whose things it sees; null: everybody's. */
  user: string | null;
  role: UserRow['role'];
  /** SHA-256 of the secret part, hex; empty for links, which are signed. */
  hash: string;
  /** For links: the job that they are about. */
  jobId: number | null;
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
}

export interface CredentialStore {
  /** Also forgets those that have expired. */
  add(row: Omit<CredentialRow, 'createdAt' | 'lastUsedAt'>, now: number): Promise<CredentialRow>;
  get(id: string): Promise<CredentialRow | undefined>;
  list(kind: CredentialRow['kind']): Promise<CredentialRow[]>;
  touch(id: string, now: number): Promise<void>;
  /** Removes it and gives what was removed: of two that take the same, one gets it. */
  take(id: string, kind: CredentialRow['kind']): Promise<CredentialRow | undefined>;
  /** All of a user. Gives how many. */
  removeOf(user: string): Promise<number>;
}

export type AnalyticsGroup = 'total' | 'platform' | 'account' | 'day';

/** What became of the jobs of a group. `name`: the platform, account, or day (UTC). */
export interface AnalyticsRow {
  name: string;
  platform: PlatformId | null;
  published: number;
  dead: number;
  unknown: number;
  cancelled: number;
  /** From the original to the post; null where nothing was published. */
  lagMs: { median: number | null; p95: number | null; longest: number | null };
  /** What people did with the posts, added up as last read; `told`: of so many posts. Null where no platform tells. */
  numbers: {
    told: number;
    views: number | null;
    likes: number | null;
    comments: number | null;
    shares: number | null;
  };
}

export interface AnalyticsStore {
  /** Jobs that ended in [from, to), epoch ms. */
  read(filter: { from: number; to: number; by: AnalyticsGroup; user?: string }): Promise<AnalyticsRow[]>;
}

/** An answer that was given to a request with a key; status null while it is under way. */
export interface Reply {
  /** Fingerprint of the request. */
  request: string;
  status: number | null;
  body: string | null;
}

export interface ReplyStore {
  /** Undefined where the key is new: it is taken now. Forgets answers older than `keepMs`. */
  begin(key: string, request: string, now: number, keepMs: number): Promise<Reply | undefined>;
  finish(key: string, status: number, body: string): Promise<void>;
  /** Frees a key whose request did not end. */
  forget(key: string): Promise<void>;
  /** Frees all keys whose request died with the process. */
  dropUnfinished(): Promise<number>;
}
