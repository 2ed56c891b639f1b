import type { Account } from '../core/account.ts';
import { DAY, HOUR } from '../core/clock.ts';
import { asFailure, type Failure } from '../core/failure.ts';
import { FIRST_READ_MS, LAST_READ_MS, type NumberReader, nextReadAt } from '../core/numbers.ts';
import type { Platform } from '../core/platform.ts';
import type { SourceItem } from '../core/video.ts';
import type { DuePost, SourceRow } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';
import { spareMeter } from './spare.ts';

/** Calls for one account in one look: a hundred posts at once are no hurry. */
const CALLS_AT_ONCE = 10;
/** Posts are taken note of again from this long before the last look: clocks may jump a little. */
const OVERLAP_MS = HOUR;

/** Where it is kept up to when posts were taken note of (epoch ms). */
const ENROLLED = 'numbers.enrolledTo';
/** Where it is kept that an account's platform refused, so that it is said once. */
const refusedKey = (accountId: number) => `numbers.refused.${accountId}`;

/** An account's refusal, as `meta` keeps it. */
interface Refusal {
  code: string;
  at: number;
}

/** Which lanes are at work, and when to stop. */
interface LookOptions {
  busy(accountId: number): boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Asks for views and likes of posts that are due. Of no weight beside publishing: lanes at work are passed by, only
 * spare room in limits is used, and no failure reaches a job. Gives how many posts were read.
 */
export async function readNumbers(deps: EngineDeps, options: LookOptions): Promise<number> {
  const everyMs = deps.settings.numbersEveryMs;
  if (everyMs === undefined) return 0;
  const { store, registry } = deps;
  const accounts = (await store.accounts.list()).flatMap((account) => {
    const platform = registry.platform(account.platform);
    return platform?.numbers ? [{ account, platform, reader: platform.numbers }] : [];
  });
  await enrol(
    deps,
    accounts.map(({ account }) => account.id),
  );
  let read = 0;
  for (const one of accounts) {
    if (options.signal?.aborted) return read;
    const { id, paused, status } = one.account;
    if (paused || status === 'login-needed' || options.busy(id)) continue;
    read += await readAccount(deps, { ...one, everyMs }, options);
  }
  return read;
}

async function enrol({ store, clock }: EngineDeps, accountIds: readonly number[]): Promise<void> {
  const now = clock.now();
  const upTo = Number((await store.meta.get(ENROLLED)) ?? '0');
  const since = Math.max(now - LAST_READ_MS, Math.min(upTo, now) - OVERLAP_MS);
  await store.numbers.enrol(accountIds, { since, until: now + 1 }, FIRST_READ_MS);
  await store.meta.set(ENROLLED, String(now));
}

interface Asked {
  account: Account;
  platform: Platform;
  reader: NumberReader;
  everyMs: number;
}

async function readAccount(deps: EngineDeps, asked: Asked, options: LookOptions): Promise<number> {
  const { store, clock } = deps;
  const { account, platform, reader } = asked;
  const due = await store.numbers.due(account.id, clock.now(), CALLS_AT_ONCE * reader.batch);
  if (due.length === 0) return 0;
  const meter = spareMeter({ service: platform, account, limits: store.limits, clock });
  const http = deps.connect(account, platform, meter);
  let read = 0;
  try {
    for (let start = 0; start < due.length; start += reader.batch) {
      if (options.signal?.aborted || options.busy(account.id)) return read;
      const batch = due.slice(start, start + reader.batch);
      const ids = batch.map(({ postId }) => postId);
      const { signal } = options;
      const told = await reader.read({ http, account, clock, ids, ...(signal ? { signal } : {}) });
      await keep(deps, asked, batch, told);
      read += batch.length;
    }
    await store.meta.remove(refusedKey(account.id));
  } catch (error) {
    if (!options.signal?.aborted) await stop(deps, account, asFailure(error));
  }
  return read;
}

async function keep(
  { store, clock }: EngineDeps,
  { everyMs }: Asked,
  batch: readonly DuePost[],
  told: Awaited<ReturnType<NumberReader['read']>>,
): Promise<void> {
  const now = clock.now();
  await store.numbers.keep(
    batch.map(({ jobId, postId, publishedAt }) => ({
      jobId,
      told: told.get(postId) ?? 'gone',
      nextAt: nextReadAt(publishedAt, now, everyMs),
    })),
    now,
  );
}

/** Why it did not go on decides when it is tried again; a refusal is said once, until it is over. */
async function stop(
  { store, clock, emit }: EngineDeps,
  account: Account,
  { kind, code, message, notBefore }: Failure,
): Promise<void> {
  const now = clock.now();
  const refused = kind === 'login' || kind === 'reject';
  await store.numbers.putOff(account.id, Math.max(now + (refused ? DAY : HOUR), notBefore ?? 0));
  if (!refused) return;
  const key = refusedKey(account.id);
  const before = await store.meta.get(key);
  if (before !== undefined && (JSON.parse(before) as Refusal).code === code) return;
  await store.meta.set(key, JSON.stringify({ code, at: now } satisfies Refusal));
  emit({
    kind: 'notice',
    message: `Views and likes of ${account.account} can’t be read (${code}): ${message} Publishing goes on as before.`,
  });
}

const keptAt = new WeakMap<EngineDeps, Map<number, number>>();

/** Keeps what the list of a source tells anyway, as often as posts are asked about. Never a reason for a poll to fail. */
export async function keepOriginals(
  deps: EngineDeps,
  row: SourceRow,
  items: readonly SourceItem[],
): Promise<void> {
  const everyMs = deps.settings.numbersEveryMs;
  const told = items.flatMap(({ remoteId, told: numbers }) =>
    numbers && Object.keys(numbers).length > 0 ? [{ remoteId, numbers }] : [],
  );
  if (everyMs === undefined || told.length === 0) return;
  const times = keptAt.get(deps) ?? new Map<number, number>();
  keptAt.set(deps, times);
  const now = deps.clock.now();
  const age = now - (times.get(row.id) ?? Number.NEGATIVE_INFINITY);
  if (age >= 0 && age < everyMs) return;
  try {
    await deps.store.numbers.keepOriginals(row.id, told, now);
    times.set(row.id, now);
  } catch (error) {
    deps.emit({ kind: 'notice', message: `Views of ${row.name} were not kept: ${asFailure(error).message}` });
  }
}
