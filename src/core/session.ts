import type { Grant } from './account.ts';
import type { HttpRequest } from './http.ts';
import type { LimitReading } from './limit.ts';

/** Where an account's Http gets its credentials. */
export interface TokenSource {
  /** The grant to use now, refreshed ahead of its expiry. Throws Failure: kind `login` when its person must come. */
  current(): Promise<Grant>;
  /** After a 401: a newer grant than the one that was refused; refreshes unless somebody else just did. */
  renew(refused: Grant): Promise<Grant>;
}

/** Where an account's Http asks before it spends and reports what it learned. */
export interface Meter {
  /** Spends what this call costs, or throws Failure `later` (reason quota) naming when the window frees. */
  spend(request: HttpRequest): Promise<void>;
  /** The same request leaves once more, refused before: spends anew where the first spend has grown old. Throws as `spend`. */
  again?(request: HttpRequest): Promise<void>;
  /** Told when a request that was spent for is over, with or without an answer: until then it may have arrived. */
  ended?(request: HttpRequest): Promise<void>;
  learn(readings: readonly LimitReading[]): Promise<void>;
}

/** One exchange with a platform, secrets masked already. */
export interface TracedExchange {
  method: string;
  url: string;
  requestHeaders: Readonly<Record<string, string>>;
  requestBody: string;
  /** Null: no answer came. */
  status: number | null;
  responseHeaders: Readonly<Record<string, string>>;
  responseBody: string;
  startedAt: number;
  endedAt: number;
  /** Bytes of the request's body. */
  sentBytes: number;
  call: string | undefined;
}

/** Told of every exchange: for `jobs show --raw`, logs and metrics. */
export type Trace = (exchange: TracedExchange) => void;
