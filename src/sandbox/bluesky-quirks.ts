import { quirkSetter } from './quirks.ts';

/** What can be turned on the simulated Bluesky, and how it stands usually. Times in ms. */
export interface BlueskyQuirks {
  /** How long the video service works on a file. */
  processingMs: number;
  /** How new work ends: `completed`, `failed:CODE`, `stuck`, `lost` (the work is no longer known). */
  jobOutcome: string;
  /** True: the answer to an upload is wrapped as its description says. */
  wrapsUpload: boolean;
  /** True: the answer about bytes that were sent before carries the ready blob. */
  knownWithBlob: boolean;
  /** False: hosts without the video service answer 404. */
  videoService: boolean;
  /** False: `unconfirmed_email` at the video service. */
  emailConfirmed: boolean;
  /** False: the account is not known to Bluesky's own view, and so not to the video service. */
  profileFound: boolean;
  /** Not empty: uploads are refused in these words. */
  uploadRefusal: string;
  videosPerDay: number;
  bytesPerDay: number;
  /** False: limits are told as `canUpload` alone, as the newer description allows. */
  tellsRemaining: boolean;
  /** Most bytes of a file that a personal data server takes. */
  blobLimitBytes: number;
  /** How long a file lives that no record uses. */
  blobLifeMs: number;
  /** Most bytes of a video in the server's copy of the lexicon: 300 MB, 100 MB on servers of early 2026. */
  lexiconVideoBytes: number;
  /** False: servers that know only the rights of old (`transition:generic`). */
  narrowScopes: boolean;
  /** How long one proof nonce is the newest; the one before it is still taken. */
  nonceMs: number;
  accessTokenMs: number;
  /** Sessions of public clients. */
  publicSessionMs: number;
  /** Lives of the two tokens of a password session, and how long a used refresh token still gives its successor. */
  accessJwtMs: number;
  refreshJwtMs: number;
  graceMs: number;
  /** True: the account's own password is asked for a code by e-mail. */
  emailFactor: boolean;
  requestsPer5Min: number;
  pointsPerHour: number;
  pointsPerDay: number;
  sessionsPer5Min: number;
  blobsPerDay: number;
}

export const usualQuirks: Readonly<BlueskyQuirks> = {
  processingMs: 4_000,
  jobOutcome: 'completed',
  wrapsUpload: false,
  knownWithBlob: false,
  videoService: true,
  emailConfirmed: true,
  profileFound: true,
  uploadRefusal: '',
  videosPerDay: 25,
  bytesPerDay: 10_000_000_000,
  tellsRemaining: true,
  blobLimitBytes: 52_428_800,
  blobLifeMs: 6 * 3600 * 1000,
  lexiconVideoBytes: 300_000_000,
  narrowScopes: true,
  nonceMs: 60_000,
  accessTokenMs: 3_599_000,
  publicSessionMs: 14 * 24 * 3600 * 1000,
  accessJwtMs: 2 * 3600 * 1000,
  refreshJwtMs: 90 * 24 * 3600 * 1000,
  graceMs: 2 * 3600 * 1000,
  emailFactor: false,
  requestsPer5Min: 3000,
  pointsPerHour: 5000,
  pointsPerDay: 35_000,
  sessionsPer5Min: 30,
  blobsPerDay: 1000,
};

export const setQuirks = quirkSetter(usualQuirks);
