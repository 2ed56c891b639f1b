import { quirkSetter } from './quirks.ts';

/** What Telegram leaves open, or was seen to do: each a switch. The defaults are the worst that its docs allow. */
export interface TelegramQuirks {
  /** A video without sound comes back as `animation`. */
  silentIsAnimation: boolean;
  /** Largest file in bytes; the cloud's is 50 MB, that of a server of one's own 2,000 MB. */
  maxBytes: number;
  /** Messages to one channel or group in a minute, before a 429. */
  perMinute: number;
  /** What a 429 says when to come back; 0: when the window has room again. */
  floodSeconds: number;
  /** A 429 says so in its header too. */
  retryAfterHeader: boolean;
  /** A file gets another id each time it is sent; the old ones go on working. */
  freshFileIds: boolean;
  /** Every cover is refused as no picture. */
  refusesCovers: boolean;
  /** The bot has a webhook: `getUpdates` is refused. */
  webhook: boolean;
}

export const usualQuirks: Readonly<TelegramQuirks> = {
  silentIsAnimation: true,
  maxBytes: 50 * 2 ** 20,
  perMinute: 20,
  floodSeconds: 0,
  retryAfterHeader: false,
  freshFileIds: true,
  refusesCovers: false,
  webhook: false,
};

export const setQuirks = quirkSetter(usualQuirks);
