import type { Account } from './account.ts';
import type { Clock } from './clock.ts';
import type { Http } from './http.ts';
import type { SourceItem } from './video.ts';

export interface SourceContext {
  /** Bound to the source's account, where it has one. */
  http: Http;
  account?: Account;
  /** For sources that are places (a folder, a feed). */
  locator?: string;
  clock: Clock;
  /** True for ids that are stored already: lets a source stop paging early. */
  known(remoteId: string): boolean;
  /**
   * How far back to look: items published after this instant (epoch ms) are wanted. A source looks at least
   * 48 h behind the newest, because an item made public late appears below newer ones.
   */
  since: number;
  /** True where the poll may end at what is known this time; without it, and else, it looks as far as `since` wants. */
  shallow?(): Promise<boolean>;
  signal?: AbortSignal;
}

/** A place where new videos appear. */
export interface Source {
  readonly id: string;
  /** True where it is asked without credentials, although its videos are an account's. */
  readonly anonymous?: true;
  /** The service's call that reads a page, where that is counted in a limit. */
  readonly listing?: string;
  /** Items newest first, known ones included, duplicates removed; pages are the source's affair. */
  poll(context: SourceContext): Promise<SourceItem[]>;
  /**
   * Asked just before publishing. `gone`: the owner took it back. `unknown` where the source can't tell.
   * A transport error is thrown.
   */
  stillPublic(context: SourceContext, remoteId: string): Promise<'public' | 'gone' | 'unknown'>;
}
