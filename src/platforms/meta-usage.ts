import { MINUTE } from '../core/clock.ts';
import type { HttpResponse } from '../core/http.ts';
import type { LimitReading } from '../core/limit.ts';

/**
 * Graph calls per hour and account that repost allows itself: 200 × daily users per rolling hour is what an app
 * with one user has. https://developers.facebook.com/docs/graph-api/overview/rate-limiting/
 */
export const callsPerHour = 200;

/** From here on Meta's own figure replaces ours, so that fewer calls are left than our count would allow. */
const BUSY_PERCENT = 80;

/** A pause where Meta names none: it counts over a rolling hour. */
const PAUSE_MS = 15 * MINUTE;

interface Usage {
  call_count?: number;
  total_time?: number;
  total_cputime?: number;
  estimated_time_to_regain_access?: number;
}

/**
 * Reads `X-App-Usage` and `X-Business-Use-Case-Usage`: percents of the limit, and minutes until it opens again.
 * https://developers.facebook.com/docs/graph-api/overview/rate-limiting/
 */
export function usageReadings(response: HttpResponse, now: number): LimitReading[] {
  const usages = usagesOf(response);
  if (usages.length === 0) return [];
  const percent = Math.max(...usages.map(percentOf));
  const blockedUntil = regainedAt(response, now);
  if (blockedUntil === undefined && percent < BUSY_PERCENT) return [];
  const used = Math.min(callsPerHour, Math.ceil((percent / 100) * callsPerHour));
  return [
    {
      bucket: 'calls',
      ...(percent >= BUSY_PERCENT ? { used } : {}),
      ...(blockedUntil === undefined ? {} : { blockedUntil }),
    },
  ];
}

/** When calls are let through again (epoch ms), where the headers say that they are not now. */
export function regainedAt(response: HttpResponse, now: number): number | undefined {
  const usages = usagesOf(response);
  const minutes = Math.max(0, ...usages.map((usage) => number(usage.estimated_time_to_regain_access)));
  if (minutes > 0) return now + minutes * MINUTE;
  return usages.some((usage) => percentOf(usage) >= 100) ? now + PAUSE_MS : undefined;
}

function percentOf(usage: Usage): number {
  return Math.max(number(usage.call_count), number(usage.total_time), number(usage.total_cputime));
}

function usagesOf(response: HttpResponse): Usage[] {
  const app = parse(response.headers['x-app-usage']);
  const business = parse(response.headers['x-business-use-case-usage']);
  const lists = isRecord(business) ? Object.values(business) : [];
  return [app, ...lists.flat()].filter(isRecord);
}

function parse(header: string | undefined): unknown {
  try {
    return header === undefined ? undefined : JSON.parse(header);
  } catch {
    // A header is a hint: one that can't be read tells nothing.
    return undefined;
  }
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
