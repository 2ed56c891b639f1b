import type { StorePlace } from '../place.ts';
import type { Store } from '../types.ts';
import type { MovedTable } from './tables.ts';

export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

/** What `repost store` says of one. */
export interface StoreFacts {
  kind: 'sqlite' | 'postgres';
  /** For people: a path, or a server and its database. */
  where: string;
  /** Null where there is nothing yet. */
  schema: number | null;
  bytes: number;
  counts: Record<'accounts' | 'rules' | 'videos' | 'jobs' | 'posts', number>;
}

/**
 * One of the two stores of a move, on a connection of its own. Between `begin` and `commit` nobody else changes it, and
 * what is done to it happens as a whole or, if this process dies, not at all.
 */
export interface Side {
  readonly kind: 'sqlite' | 'postgres';
  /** As the other store names it: an address, or machine and file. Never a secret. */
  readonly name: string;
  /** Undefined where it was never moved, or is not there yet. */
  place(): Promise<StorePlace | undefined>;
  facts(): Promise<StoreFacts>;
  /** False where somebody has set it up. */
  isEmpty(): Promise<boolean>;
  /** Hosts that may be at work on it, by name. */
  activeHosts(): Promise<string[]>;
  /** One of its small values. */
  value(key: string): Promise<string | undefined>;
  /** Makes it, or brings its schema up to date, and keeps what its place is. */
  prepare(): Promise<void>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Names of the columns that are written, sorted. */
  columns(table: MovedTable): Promise<string[]>;
  rows(table: MovedTable, columns: readonly string[]): AsyncIterable<readonly Row[]>;
  /** The highest id that was ever given. */
  counter(table: MovedTable): Promise<number>;
  /** Takes the fence away and every row out. */
  clear(): Promise<void>;
  insert(table: MovedTable, columns: readonly string[], rows: readonly Row[]): Promise<void>;
  setCounter(table: MovedTable, last: number): Promise<void>;
  /** Counts anew what is counted, and lets the triggers work again. */
  settle(): Promise<void>;
  /** Says what its place is; all but `live` is fenced. */
  setPlace(place: StorePlace): Promise<void>;
  /** The store on it, whatever its place. */
  open(): Promise<Store>;
  close(): Promise<void>;
}
