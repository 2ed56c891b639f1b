import { quirkSetter } from './quirks.ts';

/** What Pinterest does in one way today and in another tomorrow, and what it may do on a bad day. */
export interface PinterestQuirks {
  /** Of the app: with `trial`, Pins can be made in Pinterest's own sandbox only. */
  tier: 'standard' | 'trial';
  codeSeconds: number;
  accessSeconds: number;
  refreshSeconds: number;
  /** How long a refresh token is good after it was used. */
  graceSeconds: number;
  scopeSeparator: ' ' | ',';
  /** False: the account's answer has no id. */
  tellsId: boolean;
  /** How long the form of an upload is good. */
  policySeconds: number;
  /** How long an upload that arrived still looks as if it had not. */
  noticeSeconds: number;
  processingSeconds: number;
  /** What becomes of the next `processingTimes` uploads. */
  processing: 'succeeded' | 'failed' | 'stuck';
  processingTimes: number;
  /** True: an upload can become one Pin only. */
  mediaOnce: boolean;
  /** Links that hold this are blocked; '': none. */
  blockedLink: string;
  /** How long a new Pin is missing in lists. */
  listSeconds: number;
  /** In which order lists come. */
  order: 'newest' | 'oldest';
  /** Most items that a page holds, whatever was asked for. */
  pageItems: number;
  rateHeaders: boolean;
  /** The next `limitedTimes` calls of the API get a 429, with or without headers. */
  limited: 'no' | 'headers' | 'bare';
  limitedTimes: number;
  /** The next uploads are answered by the storage's own trouble. */
  slowDownTimes: number;
}

/** The worst that is legal, where it costs the client nothing but care. */
export const usualQuirks: Readonly<PinterestQuirks> = {
  tier: 'standard',
  codeSeconds: 600,
  accessSeconds: 2_592_000,
  refreshSeconds: 5_184_000,
  graceSeconds: 0,
  scopeSeparator: ' ',
  tellsId: true,
  policySeconds: 3600,
  noticeSeconds: 3,
  processingSeconds: 20,
  processing: 'succeeded',
  processingTimes: 0,
  mediaOnce: true,
  blockedLink: '',
  listSeconds: 30,
  order: 'newest',
  pageItems: 250,
  rateHeaders: true,
  limited: 'no',
  limitedTimes: 0,
  slowDownTimes: 0,
};

export const setQuirks = quirkSetter(usualQuirks);
