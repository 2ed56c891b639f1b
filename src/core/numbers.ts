import type { AccountRequest } from './account.ts';
import { DAY, HOUR } from './clock.ts';

export const numberNames = ['views', 'likes', 'comments', 'shares'] as const;

/** What people did with a post. What its platform does not tell is absent: that is not a nought. */
export type Numbers = Readonly<Partial<Record<(typeof numberNames)[number], number>>>;

/** Numbers as they were when they were last read. */
export interface KnownNumbers extends Numbers {
  /** Epoch ms. */
  readAt: number;
  /** True where the platform no longer showed the post; the numbers are those of before. */
  gone: boolean;
}

/** How the numbers of an account's posts are asked for, by the rights that publishing has anyway. */
export interface NumberReader {
  /** Most posts that one call asks about. */
  batch: number;
  tells: readonly (keyof Numbers)[];
  /** Address that says what a call tells and costs. */
  source: string;
  /**
   * Numbers by post id, for at most `batch` ids, with one request. What is not in the answer is no longer shown.
   * Throws Failure.
   */
  read(
    request: AccountRequest & { ids: readonly string[]; signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, Numbers>>;
}

/** A count as platforms write it, a number or its digits; undefined for everything else. */
export function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/u.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/** The counts among these values, without what is none. */
export function numbersOf(values: Readonly<Partial<Record<keyof Numbers, unknown>>>): Numbers {
  const known: Partial<Record<keyof Numbers, number>> = {};
  for (const name of numberNames) {
    const count = countOf(values[name]);
    if (count !== undefined) known[name] = count;
  }
  return known;
}

/** A new post has nothing to tell yet. */
export const FIRST_READ_MS = HOUR;
/** Later on little changes: then it is not asked about any more. */
export const LAST_READ_MS = 30 * DAY;

/**
 * When a post is asked about again (epoch ms): young ones every `everyMs`, after two days a quarter as often, after a
 * week a twelfth as often; null where never again.
 */
export function nextReadAt(publishedAt: number, now: number, everyMs: number): number | null {
  const age = now - publishedAt;
  const nextAt = now + everyMs * (age < 2 * DAY ? 1 : age < 7 * DAY ? 4 : 12);
  return nextAt > publishedAt + LAST_READ_MS ? null : nextAt;
}
