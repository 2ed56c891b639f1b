/** How a limit's window moves. */
export type Window =
  /** Any span of this length. */
  | { kind: 'trailing'; ms: number }
  /** A calendar day in a named zone (IANA): resets at its midnight. */
  | { kind: 'day'; timeZone: string }
  /** A calendar month in a named zone: resets at its first midnight. */
  | { kind: 'month'; timeZone: string }
  /** Fixed spans counted from the epoch, as servers with `x-rate-limit-reset` keep them. */
  | { kind: 'fixed'; ms: number };

export type LimitScope = 'app' | 'account' | 'user';

/** One limit of a platform, as data. */
export interface Limit {
  /** Short name, unique within the platform: `uploads`, `units`, `posts`. */
  bucket: string;
  /** For people: `video uploads per project and day`. */
  title: string;
  scope: LimitScope;
  /** Most that may be spent within one window. */
  max: number;
  window: Window;
  /** What is counted, where it isn't calls or posts. A millicent is 1/100,000 of a US dollar. */
  unit?: 'millicents';
  /** No limit of the platform's: holds only once its person has set a maximum. `max` is then only a ceiling. */
  onlyWhenSet?: true;
  /**
   * How long a request may be under way (ms): counted here when it leaves, and by the platform when it arrives,
   * it belongs to the windows of both instants. Default 0; the engine sets it.
   */
  flightMs?: number;
  /** Address the number came from. */
  source: string;
}

/** What one call spends: bucket → amount. The key `*` applies to every call that names no other. */
export type Costs = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What a platform's answer told about a bucket. All parts optional: only what was said. */
export interface LimitReading {
  bucket: string;
  used?: number;
  max?: number;
  remaining?: number;
  /** Nothing may be sent before this instant (epoch ms). */
  blockedUntil?: number;
  /** When the window starts afresh (epoch ms). */
  resetsAt?: number;
}

/** One bucket as `repost limits` shows it. */
export interface LimitState {
  platform: string;
  account: string | null;
  bucket: string;
  title: string;
  scope: LimitScope;
  /** What is counted, where it is not calls. */
  unit?: Limit['unit'];
  used: number;
  max: number;
  left: number;
  /** Epoch ms of the next instant at which something frees, or null when all is free. */
  resetsAt: number | null;
  blockedUntil: number | null;
}
