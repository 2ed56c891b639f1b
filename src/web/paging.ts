import { Failure } from '../core/failure.ts';
import { schemaVersion } from './views.ts';

const USUAL = 50;

export interface PageQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

export function limitOf({ limit = USUAL }: PageQuery): number {
  return limit;
}

/** A page of rows that were read one beyond its end: that one tells whether there is more. */
export function pageFrom<T>(
  rows: readonly T[],
  query: PageQuery,
  keyOf: (row: T) => number | string,
  view: (row: T) => unknown,
) {
  const limit = limitOf(query);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? String(keyOf(last)) : null;
  return { schemaVersion, items: shown.map(view), next };
}

/** A page of a list that is whole in memory. The cursor is the key of the last row of the page before. */
export function pageOfAll<T>(
  rows: readonly T[],
  query: PageQuery,
  keyOf: (row: T) => number | string,
  view: (row: T) => unknown = (row) => row,
) {
  const { cursor } = query;
  const before = cursor === undefined ? -1 : rows.findIndex((row) => String(keyOf(row)) === cursor);
  if (cursor !== undefined && before < 0)
    throw new Failure('E_USAGE', { message: 'The list has changed: this cursor is not in it any more.' });
  return pageFrom(rows.slice(before + 1), query, keyOf, view);
}
