import { quirkSetter } from './quirks.ts';

/** What can be turned on a simulated Meta platform, and how it stands usually. Times in ms. */
export interface MetaQuirks {
  /** From the last byte (Facebook: from finish) to ready. */
  processingMs: number;
  /** A number of Meta's list: processing ends with it. Empty: it succeeds. */
  processingError: string;
  /** Status answers that come without their status, from now on. */
  statusMissing: number;
  /** How long a fresh object can't be read (100/33): by the Page's token, or by any. */
  unreadableMs: number;
  unreadableBy: 'page' | 'any';
  /** How long a new post is missing in lists. */
  listDelayMs: number;
  /** Publish requests that are told “not ready” although all is finished. */
  notReadyYet: number;
  /**
   * What the next publish requests meet, one after the other. `posted-…`: it goes live, and the answer says
   * otherwise. A pair of numbers `code/subcode`: refused with it.
   */
  publishAnswers: string[];
  /** rupload refuses this many requests for no reason. */
  uploadRefusals: number;
  /** The address that `/media` or `start` names for the bytes; empty: the right one. `none`: no address. */
  uploadAddress: string;
  /** Posts in 24 hours. */
  quotaTotal: number;
  /** Containers in 24 hours. */
  containerTotal: number;
  /** Percent of the call limit used: adds the usage headers. From 100 on calls are refused. */
  usagePercent: number;
  /** Minutes that the headers name while blocked. */
  usageMinutes: number;
  /** Which error a blocked call gets. */
  usageError: '80002' | '80001' | '4' | '17' | '32' | '613/1996';
  /** Token answers leave `expires_in` out. */
  expiresInMissing: boolean;
  /** A long token can be exchanged for one that ends later. */
  exchangeExtends: boolean;
  /** Items on a page of `/me/accounts` at most. */
  accountsPage: number;
  /** Instagram Login: token answers wrapped in `data`. */
  wrapped: boolean;
  /** Facebook: spelling of status fields, as the documentation has it or as the schema has it. */
  spelling: 'documented' | 'schema';
  /** Facebook: the answer to finish is not JSON. */
  plainFinish: boolean;
  /** How a crawler finds hosted files: address → bytes or what happens instead. See `hostedFile`. */
  hosted: Record<string, HostedFile>;
}

/** A file on somebody's server, as Meta's crawler would find it. */
type HostedFile =
  | { bytes: string; slow?: boolean }
  | { fails: 'missing' | 'html' | 'robots' | 'no-range' | 'login' };

export const usualQuirks: Readonly<MetaQuirks> = {
  processingMs: 12_000,
  processingError: '',
  statusMissing: 0,
  unreadableMs: 0,
  unreadableBy: 'any',
  listDelayMs: 20_000,
  notReadyYet: 0,
  publishAnswers: [],
  uploadRefusals: 0,
  uploadAddress: '',
  quotaTotal: 50,
  containerTotal: 400,
  usagePercent: 0,
  usageMinutes: 0,
  usageError: '80002',
  expiresInMissing: false,
  exchangeExtends: true,
  accountsPage: 100,
  wrapped: false,
  spelling: 'schema',
  plainFinish: false,
  hosted: {},
};

export const setQuirks = quirkSetter(usualQuirks);
