import type { Clock } from '../core/clock.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import type { LimitReading } from '../core/limit.ts';

/** A wrong clock on either side must not stop an account for days. */
const LONGEST_WAIT_MS = 26 * HOUR;

/** There is no Retry-After: the window's end stands in a header of its own, in seconds of the server's clock. */
export function freeAt(response: HttpResponse, clock: Clock): number {
  const now = clock.now();
  const seconds = Number(response.headers['retry-after']);
  if (Number.isFinite(seconds) && seconds > 0) return now + Math.min(seconds * SECOND, LONGEST_WAIT_MS);
  const resetsAt = resetOf(response, now);
  return resetsAt === undefined
    ? now + MINUTE
    : Math.min(Math.max(resetsAt, now + SECOND), now + LONGEST_WAIT_MS);
}

/** Read against the server's own Date, where it sends one. */
function resetOf({ headers }: HttpResponse, now: number): number | undefined {
  const reset = Number(headers['ratelimit-reset']);
  if (headers['ratelimit-reset'] === undefined || !Number.isFinite(reset)) return undefined;
  const sentAt = Date.parse(headers['date'] ?? '');
  return reset * SECOND + (Number.isNaN(sentAt) ? 0 : now - sentAt);
}

/** Window in seconds → our bucket. The tightest that applies is told: https://docs.bsky.app/docs/advanced-guides/rate-limits */
const buckets: readonly (readonly [number, number, string])[] = [
  [300, 3000, 'requests'],
  [3600, 5000, 'points'],
  [86_400, 35_000, 'points-daily'],
];

/** `ratelimit-limit: 3000`, `ratelimit-remaining: 2985`, `ratelimit-reset: 1795361577`, `ratelimit-policy: 3000;w=300`. */
export function readingsOf(response: HttpResponse, _request: HttpRequest, clock: Clock): LimitReading[] {
  const [, max = '', seconds = ''] = /^(\d+);w=(\d+)/u.exec(response.headers['ratelimit-policy'] ?? '') ?? [];
  const bucket = buckets.find(([window, most]) => window === Number(seconds) && most === Number(max))?.[2];
  const remaining = Number(response.headers['ratelimit-remaining']);
  const resetsAt = resetOf(response, clock.now());
  if (bucket === undefined || !Number.isFinite(remaining) || resetsAt === undefined) return [];
  const reading = { bucket, max: Number(max), remaining, resetsAt };
  return [
    response.status === 429 ? { ...reading, remaining: 0, blockedUntil: freeAt(response, clock) } : reading,
  ];
}
