import { quirkSetter } from './quirks.ts';

/** How one simulated server stands, and what it may do on a bad day. */
export interface MastodonQuirks {
  /** As it tells it. What it knows hangs on the two first numbers; `2.7.2 (compatible; …)` is a foreign one. */
  version: string;
  /** Domain of account names; '': the host. */
  domain: string;
  maxCharacters: number;
  videoBytes: number;
  /** Width × height. */
  videoPixels: number;
  frameRate: number;
  /** Larger uploads get 413 from the proxy in front, whatever the server tells; 0: none. */
  proxyBytes: number;
  /** False: apps can't register themselves. */
  registration: boolean;
  /** True: only whole rights (`read`, `write`) are known. */
  wholeScopes: boolean;
  /** True: redirect addresses are compared with their port. */
  exactPort: boolean;
  codeSeconds: number;
  /** True: uploads by `/api/v1/media` only. */
  oldUploads: boolean;
  /** True: an upload with a thumbnail of its own is refused. */
  refusesCovers: boolean;
  /** True: an upload is ready with its answer. */
  readyAtOnce: boolean;
  processingSeconds: number;
  /** Every second 206 comes without a body. */
  emptyPolls: boolean;
  /** What becomes of the next `processingTimes` uploads. */
  processing: 'done' | 'failed' | 'endless';
  processingTimes: number;
  /** False: nobody can ask for an upload (404). */
  askable: boolean;
  /** Hours after which an upload without a post is thrown away. */
  mediaHours: number;
  honoursKeys: boolean;
  keySeconds: number;
  /** True: media that can't be attached are left out without a word. */
  dropsMedia: boolean;
  /** Seconds that a post takes; meanwhile its key is locked. */
  slowSeconds: number;
  /** How long a new post is missing in the list. */
  listSeconds: number;
  /** True: in posts media have other ids than in their uploads. */
  changesMediaIds: boolean;
  /** Language of error sentences where the request names none. */
  language: 'en' | 'de';
  /** What keeps the account from doing anything. */
  stopped: 'no' | 'unconfirmed' | 'pending' | 'disabled';
  rateHeaders: boolean;
  /** Uploads in half an hour. */
  uploadLimit: number;
}

/** A stock server of 2026. */
export const usualQuirks: Readonly<MastodonQuirks> = {
  version: '4.6.0',
  domain: '',
  maxCharacters: 500,
  videoBytes: 103_809_024,
  videoPixels: 8_294_400,
  frameRate: 120,
  proxyBytes: 0,
  registration: true,
  wholeScopes: false,
  exactPort: false,
  codeSeconds: 600,
  oldUploads: false,
  refusesCovers: false,
  readyAtOnce: false,
  processingSeconds: 4,
  emptyPolls: true,
  processing: 'done',
  processingTimes: 0,
  askable: true,
  mediaHours: 24,
  honoursKeys: true,
  keySeconds: 3600,
  dropsMedia: false,
  slowSeconds: 0,
  listSeconds: 0,
  changesMediaIds: false,
  language: 'en',
  stopped: 'no',
  rateHeaders: true,
  uploadLimit: 30,
};

/** Another server: older, with more room for words and little for videos. */
export const otherServer: Readonly<Partial<MastodonQuirks>> = {
  version: '4.2.10',
  maxCharacters: 5000,
  videoBytes: 150_000,
  videoPixels: 2_304_000,
  frameRate: 60,
  dropsMedia: true,
  language: 'de',
};

export const setQuirks = quirkSetter(usualQuirks);

/** Has the server what came with this version? */
export function since({ version }: MastodonQuirks, major: number, minor: number): boolean {
  const [, its = '0', itsMinor = '0'] = /^(\d+)\.(\d+)/u.exec(version) ?? [];
  return Number(its) > major || (Number(its) === major && Number(itsMinor) >= minor);
}
