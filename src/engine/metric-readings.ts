import type { Account } from '../core/account.ts';
import { breakerPhase } from '../core/breaker.ts';
import { waitReasons } from '../core/failure.ts';
import type { LimitState } from '../core/limit.ts';
import type { HostRow, SourceRow, Store } from '../store/types.ts';
import { readQuarantine } from './guard.ts';
import type { MetricName } from './metric-list.ts';

/** One value of a gauge or counter. */
export interface Reading {
  name: MetricName;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** Labels come from people: past this many accounts the rest has no series of its own. */
export const MOST_ACCOUNTS = 200;

/** A limit that counts only once its person has set a maximum has this one otherwise. */
const NO_CEILING = Number.MAX_SAFE_INTEGER;

export interface StoreReadings {
  store: Store;
  now: number;
  pollIntervalMs: number;
  /** The state of every bucket of these accounts. */
  limits(accounts: readonly Account[]): Promise<LimitState[]>;
}

/** What is read at the moment it is asked, so that nothing has to keep it up to date. */
export async function readGauges({ store, now, pollIntervalMs, limits }: StoreReadings): Promise<Reading[]> {
  const accounts = await store.accounts.list();
  const shown = accounts.slice(0, MOST_ACCOUNTS);
  return [
    ...(await jobReadings(store, now)),
    ...(await store.hosts.list()).flatMap(hostReadings),
    ...(await store.sources.list()).filter((source) => !source.paused).flatMap(sourceReadings),
    { name: 'repost_poll_interval_seconds', labels: {}, value: pollIntervalMs / 1000 },
    ...(await accountReadings(store, shown, now)),
    ...(await limits(shown)).flatMap(limitReadings),
    { name: 'repost_accounts_left_out', labels: {}, value: accounts.length - shown.length },
    { name: 'repost_database_bytes', labels: {}, value: await store.tallies.databaseBytes() },
  ];
}

async function jobReadings(store: Store, now: number): Promise<Reading[]> {
  const oldest = await store.tallies.oldestWaiting(waitReasons);
  const dueAt = await store.jobs.nextRunAt(now);
  return [
    ...waitReasons.map((reason) => ({
      name: 'repost_oldest_job_age_seconds' as const,
      labels: { reason },
      value: age(oldest[reason], now),
    })),
    { name: 'repost_oldest_due_job_age_seconds', labels: {}, value: age(dueAt ?? undefined, now) },
    { name: 'repost_publishing_held', labels: {}, value: (await readQuarantine(store)) ? 1 : 0 },
  ];
}

function hostReadings({ name: host, seenAt, running, skewMs }: HostRow): Reading[] {
  return [
    { name: 'repost_host_last_seen_timestamp_seconds', labels: { host }, value: seenAt / 1000 },
    { name: 'repost_host_running_jobs', labels: { host }, value: running },
    { name: 'repost_host_clock_skew_seconds', labels: { host }, value: skewMs / 1000 },
  ];
}

function age(at: number | undefined, now: number): number {
  return at === undefined ? 0 : Math.max(0, now - at) / 1000;
}

function sourceReadings(source: SourceRow): Reading[] {
  // A folder's path tells more than a number should: it goes by its id.
  const labels = {
    kind: source.kind,
    source: source.accountId === null ? `${source.kind}:${source.id}` : source.name,
  };
  const failures: Reading = { name: 'repost_source_failures', labels, value: source.failures };
  if (source.lastGoodPollAt === null) return [failures];
  const value = source.lastGoodPollAt / 1000;
  return [failures, { name: 'repost_source_last_success_timestamp_seconds', labels, value }];
}

async function accountReadings(store: Store, accounts: readonly Account[], now: number): Promise<Reading[]> {
  const breakers = new Map((await store.breakers.open()).map((one) => [one.accountId, one]));
  const phases = { closed: 0, 'half-open': 1, open: 2 };
  return accounts.flatMap((account) => {
    const labels = { platform: account.platform, account: account.account };
    const ends: [MetricName, number | undefined][] = [
      ['repost_token_expiry_timestamp_seconds', account.expiresAt],
      ['repost_sign_in_end_timestamp_seconds', account.breaksAt],
    ];
    return [
      {
        name: 'repost_account_login_needed' as const,
        labels,
        value: account.status === 'login-needed' ? 1 : 0,
      },
      {
        name: 'repost_breaker_state' as const,
        labels,
        value: phases[breakerPhase(breakers.get(account.id), now)],
      },
      ...ends.flatMap(([name, at]) => (at === undefined ? [] : [{ name, labels, value: at / 1000 }])),
    ];
  });
}

function limitReadings({ platform, account, bucket, left, max }: LimitState): Reading[] {
  if (max >= NO_CEILING) return [];
  const labels = { platform, account: account ?? '', bucket };
  return [
    { name: 'repost_quota_left', labels, value: left },
    { name: 'repost_quota_limit', labels, value: max },
  ];
}
