import type { Limit } from '../core/limit.ts';
import {
  type Bucket,
  fits,
  fitsAt,
  freesAt,
  type Reading,
  rangeAt,
  type Spent,
  type Tally,
  usedOf,
  windowEnd,
} from './allowance.ts';
import type { Connection, Operation, Work } from './connection.ts';
import type { Allowance, LimitStore, Spend } from './types.ts';

interface Row {
  own_max: number | null;
  learned_max: number | null;
  used: number | null;
  remaining: number | null;
  read_at: number | null;
  read_spend_id: number | null;
  resets_at: number | null;
  blocked_until: number | null;
}

/** What was spent, and what the platforms said about it. Spends are rows, so a restart forgets none. */
export function limitStore(connection: Connection): LimitStore {
  const { query, read, write, writeLazily } = connection;
  const buckets = bucketReader(connection);
  const spend = query(`
    INSERT INTO spends (scope_key, bucket, at, amount, job_id) VALUES (:scopeKey, :bucket, :now, :amount, :jobId)`);
  const counted = 'excluded.read_at IS NOT NULL';
  const learn = query(`
    INSERT INTO buckets (scope_key, bucket, learned_max, used, remaining, read_at, read_spend_id, resets_at,
      blocked_until)
    VALUES (:scopeKey, :bucket, :max, :used, :remaining, :readAt, (SELECT coalesce(max(id), 0) FROM spends),
      :resetsAt, :blockedUntil)
    ON CONFLICT (scope_key, bucket) DO UPDATE SET
      learned_max = coalesce(excluded.learned_max, buckets.learned_max),
      used = CASE WHEN ${counted} THEN excluded.used ELSE buckets.used END,
      remaining = CASE WHEN ${counted} THEN excluded.remaining ELSE buckets.remaining END,
      read_at = coalesce(excluded.read_at, buckets.read_at),
      read_spend_id = CASE WHEN ${counted} THEN excluded.read_spend_id ELSE buckets.read_spend_id END,
      resets_at = CASE WHEN ${counted} THEN excluded.resets_at
                       ELSE coalesce(excluded.resets_at, buckets.resets_at) END,
      blocked_until = CASE WHEN coalesce(buckets.blocked_until, 0) > coalesce(excluded.blocked_until, 0)
                           THEN buckets.blocked_until ELSE excluded.blocked_until END`);
  const setMax = query(`
    INSERT INTO buckets (scope_key, bucket, own_max) VALUES (:scopeKey, :bucket, :max)
    ON CONFLICT (scope_key, bucket) DO UPDATE SET own_max = excluded.own_max`);
  const postpone = query(`
    UPDATE spends SET at = :now
    WHERE id = (SELECT max(id) FROM spends
      WHERE scope_key = :scopeKey AND bucket = :bucket AND at = :at AND job_id IS :jobId)`);
  const prune = query('DELETE FROM spends WHERE at < :before');

  return {
    // What a platform counts, too, must not be forgotten with the power: the request leaves right after this.
    take: (spends, jobId, now) =>
      (isOwn(spends) ? writeLazily : write)(function* () {
        const at = yield* connection.now(now);
        const allowance = yield* allow(buckets, spends, at);
        if (!allowance.ok) return allowance;
        for (const { scopeKey, limit, amount } of spends) {
          if (amount > 0) yield* spend.run({ scopeKey, bucket: limit.bucket, now: at, amount, jobId });
        }
        return { ok: true, at };
      }, scopesOf(spends)),
    postpone: (spends, jobId, at, now) =>
      write(function* () {
        for (const { scopeKey, limit, amount } of spends) {
          const { bucket } = limit;
          const { changes } = yield* postpone.run({ scopeKey, bucket, jobId, at, now });
          // Another host has taken the job over meanwhile, and moved it: what arrived now counts by itself.
          if (changes === 0) yield* spend.run({ scopeKey, bucket, now, amount, jobId });
        }
      }, scopesOf(spends)),
    peek: (spends, now) => read(() => allow(buckets, spends, now)),
    learn: (scopeKey, reading, now) =>
      (reading.blockedUntil == null ? writeLazily : write)(
        function* () {
          yield* learn.run({
            scopeKey,
            bucket: reading.bucket,
            max: reading.max ?? null,
            used: reading.used ?? null,
            remaining: reading.remaining ?? null,
            readAt: reading.used === undefined && reading.remaining === undefined ? null : now,
            resetsAt: reading.resetsAt ?? null,
            blockedUntil: reading.blockedUntil ?? null,
          });
        },
        [`limit ${scopeKey}`],
      ),
    state: (scopeKey, limit, now) =>
      read(function* () {
        const { used, max, blockedUntil } = yield* buckets.open(scopeKey, limit, now);
        const resetsAt = used === 0 ? null : freesAt(yield* buckets.whole(scopeKey, limit, now), now);
        return { used, max, resetsAt, blockedUntil };
      }),
    ledger: (scopeKey, limit, now) =>
      read(function* () {
        const { used } = yield* buckets.open(scopeKey, limit, now);
        const { max, blockedUntil, reading, spends } = yield* buckets.whole(scopeKey, limit, now);
        return { max, used, blockedUntil, resetsAt: reading?.resetsAt ?? null, spends };
      }),
    setMax: (scopeKey, bucket, max) =>
      write(function* () {
        yield* setMax.run({ scopeKey, bucket, max });
      }),
    prune: (before) =>
      write(function* () {
        return (yield* prune.run({ before })).changes;
      }),
  };
}

/** Only limits that nobody else counts. */
const isOwn = (spends: readonly Spend[]) => spends.every(({ limit }) => limit.source === 'own');

/** Whoever spends from a bucket, or learns of it, waits for those before: then none is spent twice. */
const scopesOf = (spends: readonly Spend[]) => spends.map(({ scopeKey }) => `limit ${scopeKey}`);

type OpenBucket = Omit<Bucket, 'spends'> & { used: number };

interface BucketReader {
  /** The bucket with its count: added up by the database, for the usual case that there is room. */
  open(scopeKey: string, limit: Limit, now: number): Work<OpenBucket>;
  /** The bucket with every spend that counts: to say when a full one frees. */
  whole(scopeKey: string, limit: Limit, now: number): Work<Bucket>;
}

const nothing: Tally = { own: 0, since: 0, left: 0 };

function bucketReader({ query }: Connection): BucketReader {
  const one = query<Row>('SELECT * FROM buckets WHERE scope_key = :scopeKey AND bucket = :bucket');
  const tally = query<Tally>(`
    SELECT coalesce(sum(amount) FILTER (WHERE at > :after), 0) AS own,
      coalesce(sum(amount) FILTER (WHERE at > :after AND id > :lastSpendId), 0) AS since,
      coalesce(sum(amount) FILTER (WHERE at <= :leftUntil AND id <= :lastSpendId), 0) AS left
    FROM spends WHERE scope_key = :scopeKey AND bucket = :bucket AND at > :leftAfter`);
  const spends = query<Spent>(`
    SELECT id, at, amount FROM spends
    WHERE scope_key = :scopeKey AND bucket = :bucket AND at > :leftAfter ORDER BY at`);

  function* described(
    scopeKey: string,
    limit: Limit,
    now: number,
  ): Generator<Operation, Omit<Bucket, 'spends'>, unknown> {
    const row = yield* one.get({ scopeKey, bucket: limit.bucket });
    const blocked = row?.blocked_until ?? 0;
    return {
      window: limit.window,
      flightMs: limit.flightMs ?? 0,
      max: maxOf(row, limit),
      reading: row ? readingOf(row, limit) : null,
      blockedUntil: blocked > now ? blocked : null,
    };
  }

  return {
    *open(scopeKey, limit, now) {
      const bucket = yield* described(scopeKey, limit, now);
      const found = yield* tally.get({ scopeKey, bucket: limit.bucket, ...rangeAt(bucket, now) });
      return { ...bucket, used: usedOf(bucket, { ...nothing, ...found }, now) };
    },
    *whole(scopeKey, limit, now) {
      const bucket = yield* described(scopeKey, limit, now);
      const { leftAfter } = rangeAt(bucket, now);
      return { ...bucket, spends: yield* spends.all({ scopeKey, bucket: limit.bucket, leftAfter }) };
    },
  };
}

/** A person's own maximum stands, also above the documented one (quotas get raised), but not above what the platform said. */
function maxOf(row: Row | undefined, limit: Limit): number {
  const learned = row?.learned_max ?? null;
  const own = row?.own_max ?? null;
  if (own !== null) return learned === null ? own : Math.min(own, learned);
  return learned ?? limit.max;
}

function readingOf(row: Row, limit: Limit): Reading | null {
  if (row.read_at === null) return null;
  const taken = row.remaining === null ? 0 : (row.learned_max ?? limit.max) - row.remaining;
  return {
    used: Math.max(0, taken, row.used ?? 0),
    readAt: row.read_at,
    lastSpendId: Number(row.read_spend_id),
    resetsAt: row.resets_at,
  };
}

/** May all of this be spent? If not: the bucket that frees last, because all are needed. */
function* allow(
  buckets: BucketReader,
  spends: readonly Spend[],
  now: number,
): Generator<Operation, Allowance, unknown> {
  const before = new Map<string, number>();
  let worst: Exclude<Allowance, { ok: true }> | undefined;
  for (const { scopeKey, limit, amount } of spends) {
    const key = `${scopeKey} ${limit.bucket}`;
    const wanted = (before.get(key) ?? 0) + amount;
    before.set(key, wanted);
    const bucket = yield* buckets.open(scopeKey, limit, now);
    if (bucket.blockedUntil === null && (wanted === 0 || fits(bucket.used, wanted, bucket.max))) continue;
    const freeAt = fitsAt(yield* buckets.whole(scopeKey, limit, now), wanted, now);
    const full = {
      ok: false as const,
      bucket: limit.bucket,
      title: limit.title,
      freeAt: freeAt ?? Math.max(bucket.blockedUntil ?? 0, windowEnd(limit.window, now, null)),
      ...(freeAt === undefined ? { never: true as const } : {}),
    };
    if (!worst || outlasts(full, worst)) worst = full;
  }
  return worst ?? { ok: true, at: now };
}

function outlasts(one: { freeAt: number; never?: true }, other: { freeAt: number; never?: true }): boolean {
  if (one.never !== other.never) return one.never === true;
  return one.freeAt > other.freeAt;
}
