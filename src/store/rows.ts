import type { Operation, Value, Work } from './connection.ts';

/** The fields that are there: a NULL column becomes an absent property. */
export function present<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** The JSON in a column; its shape is what this store wrote. */
export function parse<T>(text: string): T {
  return JSON.parse(text) as T;
}

export function parseOrNull<T>(text: string | null): T | null {
  return text === null ? null : parse<T>(text);
}

/** A value as JSON text; null and undefined become NULL. */
export function jsonOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

export function flag(value: boolean): Value {
  return value ? 1 : 0;
}

/** Does the work of each item, one after the other. */
export function* each<T, R>(
  items: readonly T[],
  work: (item: T) => Work<R>,
): Generator<Operation, R[], unknown> {
  const results: R[] = [];
  for (const item of items) results.push(yield* work(item));
  return results;
}
