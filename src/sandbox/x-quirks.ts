import { quirkSetter } from './quirks.ts';

/** What X does in one way today and in another tomorrow, and what it may do on a bad day. */
export interface XQuirks {
  /** Ids of the edit history in the answer to a post: a lone empty string, the id, or the id under its new name. */
  postAnswer: 'empty-edit-id' | 'edit-id' | 'post-ids';
  /** Which of `tweet.fields` and `post.fields` is known. */
  fields: 'tweet' | 'post' | 'both';
  problemType: 'api.twitter.com' | 'api.x.com' | 'about:blank';
  /** How a used-up code or refresh token is refused. */
  spentToken: 'invalid_request' | 'invalid_grant';
  /** True: a refresh token that is used twice ends the whole sign-in. */
  reuseEndsFamily: boolean;
  /** True: a refresh ends the access token before. */
  refreshEndsAccess: boolean;
  /** True: confidential clients must name themselves in the form as well. */
  wantsClientId: boolean;
  codeSeconds: number;
  accessSeconds: number;
  /** How long a new post is missing in the timeline. */
  listSeconds: number;
  /** How long the same words are taken for a duplicate. */
  duplicateHours: number;
  /** True: also beside another video. */
  duplicateAcrossMedia: boolean;
  /** False: `media_key` comes only with finalize. */
  keyAtInitialize: boolean;
  /** The media key's prefix in the timeline. */
  timelinePrefix: string;
  /** Larger segments get 413 with nothing in it. */
  segmentBytes: number;
  mediaSeconds: number;
  /** 0: ready at once, without `processing_info`. */
  processingSeconds: number;
  checkAfterSeconds: number;
  /** What becomes of the next `processingTimes` uploads. */
  processing: 'succeeded' | 'failed' | 'stuck' | 'internal-error' | 'endless';
  processingTimes: number;
  /** True: the limits up to 2026-08-31 (140 s, 512 MB). */
  shortVideos: boolean;
  /** True: the posting account owns the developer app (cheap reads of what is its own). */
  ownsApp: boolean;
  rateHeaders: boolean;
  dayHeaders: boolean;
  /** The next `limitedTimes` calls get a 429 of this kind. */
  limited: 'no' | 'blind' | 'window' | 'day' | 'code-88' | 'usage-cap';
  limitedTimes: number;
  /** The next `incidentTimes` calls that it concerns. */
  incident: 'no' | 'unauthorized' | 'media-404' | 'posts-503' | 'page' | 'page-403' | 'no-data';
  incidentTimes: number;
  /** True: a reached spending cap shows at the token endpoint too. */
  capAtToken: boolean;
}

/** The worst that is legal, where it costs the client nothing but care. */
export const usualQuirks: Readonly<XQuirks> = {
  postAnswer: 'empty-edit-id',
  fields: 'tweet',
  problemType: 'api.twitter.com',
  spentToken: 'invalid_request',
  reuseEndsFamily: true,
  refreshEndsAccess: true,
  wantsClientId: true,
  codeSeconds: 30,
  accessSeconds: 7200,
  listSeconds: 10,
  duplicateHours: 24,
  duplicateAcrossMedia: false,
  keyAtInitialize: true,
  timelinePrefix: '7_',
  segmentBytes: 4 * 2 ** 20,
  mediaSeconds: 86_400,
  processingSeconds: 4,
  checkAfterSeconds: 1,
  processing: 'succeeded',
  processingTimes: 0,
  shortVideos: false,
  ownsApp: true,
  rateHeaders: true,
  dayHeaders: false,
  limited: 'no',
  limitedTimes: 0,
  incident: 'no',
  incidentTimes: 0,
  capAtToken: true,
};

export const setQuirks = quirkSetter(usualQuirks);
