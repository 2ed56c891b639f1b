import type { Numbers } from '../core/numbers.ts';

/** A post that is to be asked about. */
export interface DuePost {
  jobId: number;
  /** The platform's id: text. */
  postId: string;
  publishedAt: number;
}

export interface NumberStore {
  /**
   * Takes note of posts of these accounts that were published in [since, until) and are new here: they are asked about
   * from `firstMs` after their publishing on. Gives how many.
   */
  enrol(
    accountIds: readonly number[],
    span: { since: number; until: number },
    firstMs: number,
  ): Promise<number>;
  /** An account's posts that are due, those that are due longest first. */
  due(accountId: number, now: number, limit: number): Promise<DuePost[]>;
  /** Keeps what was told; `gone`: not shown any more, its numbers stay as they were. */
  keep(
    rows: readonly { jobId: number; told: Numbers | 'gone'; nextAt: number | null }[],
    now: number,
  ): Promise<void>;
  /** Nothing of this account is asked about before then. */
  putOff(accountId: number, until: number): Promise<void>;
  /** Keeps the numbers of a source's originals, by their remote ids; unknown ones are left out. */
  keepOriginals(
    sourceId: number,
    items: readonly { remoteId: string; numbers: Numbers }[],
    now: number,
  ): Promise<void>;
}
