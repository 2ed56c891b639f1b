/** What can be turned on simulated Threads, and how it stands usually. Times in ms. */
export interface ThreadsQuirks {
  /** From the fetched file to ready. */
  processingMs: number;
  /** An `error_message` of Meta's list: processing ends with it. Empty: as the file deserves. */
  processingError: string;
  /** An address that can't be fetched: told at once (1/2207052), or later in the container's status. */
  fetchFails: 'at-once' | 'FAILED_DOWNLOADING_VIDEO' | 'UNKNOWN';
  /** The crawler comes this long after the container was made. */
  crawlAfterMs: number;
  /** Status answers that come without their status, from now on. */
  statusMissing: number;
  /** How long a new post is missing in the list. */
  listDelayMs: number;
  /** Publish requests that don't find the finished container yet (24/4279009). */
  notFoundYet: number;
  /** Containers made until now are lost: publishing never finds them. */
  lostBefore: number;
  /**
   * What the next publish requests meet, one after the other. `posted-…`: it goes live, and the answer says
   * otherwise. A pair of numbers `code/subcode`: refused with it.
   */
  publishAnswers: string[];
  /** Posts in 24 hours. */
  quotaTotal: number;
  /** Calls that are refused with 429 from now on. */
  tooManyCalls: number;
  /** Percent of the call limit used: adds the usage header. */
  usagePercent: number;
  expiresInMissing: boolean;
  /** A revoked token is refused as 100 and not as 190. */
  revokedAs100: boolean;
  /** localhost as a redirect address is refused, as Meta's sample app says. */
  refuseLocalhost: boolean;
  /** Permalinks on `threads.net` or `threads.com`. */
  permalinkHost: string;
}

export const usualThreadsQuirks: Readonly<ThreadsQuirks> = {
  processingMs: 12_000,
  processingError: '',
  fetchFails: 'FAILED_DOWNLOADING_VIDEO',
  crawlAfterMs: 0,
  statusMissing: 0,
  listDelayMs: 20_000,
  notFoundYet: 1,
  lostBefore: 0,
  publishAnswers: [],
  quotaTotal: 250,
  tooManyCalls: 0,
  usagePercent: 0,
  expiresInMissing: false,
  revokedAs100: false,
  refuseLocalhost: false,
  permalinkHost: 'www.threads.com',
};

/** Sets quirks from JSON; throws an Error for a name there isn't or a value of another kind. */
export function setThreadsQuirks(quirks: ThreadsQuirks, input: unknown): ThreadsQuirks {
  for (const [name, value] of Object.entries((input ?? {}) as Record<string, unknown>)) {
    const usual: unknown = (usualThreadsQuirks as unknown as Record<string, unknown>)[name];
    if (usual === undefined) throw new Error(`there is no quirk ${name}`);
    if (typeof value !== typeof usual || Array.isArray(value) !== Array.isArray(usual))
      throw new Error(`the quirk ${name} wants a ${Array.isArray(usual) ? 'list' : typeof usual}`);
    Object.assign(quirks, { [name]: value });
  }
  return quirks;
}
