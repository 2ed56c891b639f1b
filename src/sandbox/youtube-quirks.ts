import { quirkSetter } from './quirks.ts';

/** What can be turned on the simulated YouTube, and how it stands usually. Times in ms. */
export interface YoutubeQuirks {
  /** Consent screen in status Testing: refresh tokens end after seven days. */
  testing: boolean;
  /** Testing apps are told so in token answers (`refresh_token_expires_in`). */
  tellsRefreshExpiry: boolean;
  /** Seconds that a time-limited grant lasts; 0: no limit. */
  grantSeconds: number;
  /** Workspace session policy: every refresh is refused with `invalid_rapt`. */
  sessionPolicy: boolean;
  /** False: the Google project has not passed the audit, and uploads are locked to private. */
  audited: boolean;
  /** When the lock shows: in the answer to the upload, or once it is processed. */
  lockShows: 'insert' | 'processed';
  /** False: the API is not enabled in the project. */
  apiEnabled: boolean;
  /** How a Google account without a channel shows in `channels.list`. */
  noChannelAnswer: 'signup' | 'empty';
  processingMs: number;
  /**
   * How processing of new uploads ends: `processed`, `stuck`, `failed:REASON` or `rejected:REASON`.
   */
  outcome: string;
  /** A second upload of the same bytes to one channel is rejected as a duplicate. */
  rejectDuplicates: boolean;
  /** Status of the answer to the last byte. */
  finalStatus: 200 | 201;
  /** Status of a session that is no more. */
  goneStatus: 404 | 410;
  sessionLifeMs: number;
  /** A session is gone with its last byte: it never repeats its final answer. */
  forgetsFinished: boolean;
  /** So many of the next parts are kept only in half. */
  keepHalf: number;
  /** How long a new upload is missing in the uploads playlist. */
  listDelayMs: number;
  /** How long the file's details are unknown after an upload. */
  fileDetailsMs: number;
  uploadsPerDay: number;
  searchesPerDay: number;
  unitsPerDay: number;
  /** API calls a minute; 0: not limited. */
  callsPerMinute: number;
  /** Uploads to one channel in a day, by all its clients. */
  channelPerDay: number;
  /** Thumbnails in a row before 429; 0: not limited. */
  thumbnailsPerDay: number;
  /** Most tokens of one person for one client before the oldest dies. */
  refreshTokens: number;
  /** New words and fields in answers, as Google adds them at any time. */
  unknownFields: boolean;
}

export const usualQuirks: Readonly<YoutubeQuirks> = {
  testing: false,
  tellsRefreshExpiry: true,
  grantSeconds: 0,
  sessionPolicy: false,
  audited: true,
  lockShows: 'insert',
  apiEnabled: true,
  noChannelAnswer: 'signup',
  processingMs: 4_000,
  outcome: 'processed',
  rejectDuplicates: false,
  finalStatus: 201,
  goneStatus: 404,
  sessionLifeMs: 7 * 24 * 3600 * 1000,
  forgetsFinished: false,
  keepHalf: 0,
  listDelayMs: 5_000,
  fileDetailsMs: 0,
  uploadsPerDay: 100,
  searchesPerDay: 100,
  unitsPerDay: 10_000,
  callsPerMinute: 0,
  channelPerDay: 50,
  thumbnailsPerDay: 0,
  refreshTokens: 100,
  unknownFields: true,
};

export const setQuirks = quirkSetter(usualQuirks);
