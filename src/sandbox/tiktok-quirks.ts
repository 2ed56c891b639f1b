/** What TikTok leaves open, or was seen to do: each a switch. The defaults are the worst that its docs allow. */
export interface TiktokQuirks {
  /** OAuth errors come with HTTP 200, as one client recorded; false: 400. */
  status200Errors: boolean;
  /** API errors come with HTTP 200 too. */
  apiErrors200: boolean;
  /** `2026-11`: 2 h, 180 days, strict rotation. `legacy`: 24 h, 365 days. */
  lifetimes: '2026-11' | 'legacy';
  /** With `legacy` lifetimes: a refresh gives the same refresh token again. */
  sameRefreshToken: boolean;
  /** The refresh token's end does not move when it is renewed. */
  refreshCountsDown: boolean;
  codeTtlSeconds: number;
  /** Revoking is answered with an empty body; false: with `{}`. */
  emptyRevokeBody: boolean;
  /** A field beyond the granted scopes is left out; false: an error. */
  omitForbiddenFields: boolean;
  /** Titles and descriptions end after 150 characters. */
  cut150: boolean;
  /** Pages are cut before what is not public is taken out: short and empty pages with more behind them. */
  filterAfterPaging: boolean;
  /** So many of the next list calls answer an empty page with more behind it. */
  emptyPages: number;
  /** Every page is the first one, and says that there is more. */
  nonAdvancingCursor: boolean;
  /** The last page's cursor is 0. */
  lastCursorZero: boolean;
  /** Posts of the cursor's own instant are in the page. */
  cursorIncluded: boolean;
  /** How long after posting a video is listed. */
  listDelaySeconds: number;
  /** Calls of one endpoint in a minute. */
  callsPerMinute: number;
  /** A 429 says when to come back. */
  retryAfter: boolean;
  missingLogId: boolean;
  /** Fields that no document names. */
  extraFields: boolean;
  /** Numbers and texts that are empty are left out. */
  omitEmptyFields: boolean;
  /** The app has passed the audit of the Content Posting API. */
  audited: boolean;
  /** An app without it is shown all privacy levels all the same, and refused when it wants one. */
  unauditedSeesAll: boolean;
  /** Posts by API to one account in 24 hours. */
  postsPerDay: number;
  /** How long the address of an upload works. */
  uploadMinutes: number;
  /** An upload that is complete is no longer known at its address; false: any range is out of step. */
  finishedUploadGone: boolean;
  /** The status tells how many bytes have come; false: always 0. */
  countsBytes: boolean;
  processingSeconds: number;
  /** From being published until the post's id is told: moderation. */
  moderationSeconds: number;
  /** The id is never told, as some accounts have seen. */
  withholdsId: boolean;
  /** A post that is done is forgotten: its status is asked for in vain. */
  forgetsFinished: boolean;
  /** Every post's `init` is refused with this code; '': none. */
  initRefusal: string;
  /** So many of the next uploads end with this reason. */
  failReason: string;
  failTimes: number;
}

export function defaultQuirks(): TiktokQuirks {
  return {
    status200Errors: true,
    apiErrors200: false,
    lifetimes: '2026-11',
    sameRefreshToken: false,
    refreshCountsDown: false,
    codeTtlSeconds: 600,
    emptyRevokeBody: false,
    omitForbiddenFields: false,
    cut150: true,
    filterAfterPaging: true,
    emptyPages: 0,
    nonAdvancingCursor: false,
    lastCursorZero: true,
    cursorIncluded: false,
    listDelaySeconds: 0,
    callsPerMinute: 600,
    retryAfter: false,
    missingLogId: false,
    extraFields: true,
    omitEmptyFields: true,
    audited: true,
    unauditedSeesAll: true,
    postsPerDay: 15,
    uploadMinutes: 60,
    finishedUploadGone: true,
    countsBytes: true,
    processingSeconds: 20,
    moderationSeconds: 40,
    withholdsId: false,
    forgetsFinished: false,
    initRefusal: '',
    failReason: 'internal',
    failTimes: 0,
  };
}

/** Sets one switch. Throws an Error that names the switches, or the type that the value must have. */
export function setQuirk(quirks: TiktokQuirks, input: unknown): TiktokQuirks {
  const { name, value } = (input ?? {}) as { name?: unknown; value?: unknown };
  if (typeof name !== 'string' || !Object.hasOwn(quirks, name))
    throw new Error(`a quirk is one of ${Object.keys(quirks).join(', ')}`);
  const before = quirks[name as keyof TiktokQuirks];
  if (typeof value !== typeof before) throw new Error(`${name} is a ${typeof before}`);
  if (name === 'lifetimes' && value !== '2026-11' && value !== 'legacy')
    throw new Error('lifetimes is 2026-11 or legacy');
  return Object.assign(quirks, { [name]: value });
}
