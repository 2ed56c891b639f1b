import type { Simulator } from './types.ts';
import type { Google } from './youtube.ts';
import { setQuirks } from './youtube-quirks.ts';
import type { Bucket } from './youtube-quota.ts';

/** The levers of the simulated YouTube. */
export function youtubeControls(google: Google): Simulator['controls'] {
  const { world, quirks, oauth, quota, sessions, videos } = google;
  return {
    /** Sets quirks by name; gives them all. */
    quirks: (input) => ({ ...setQuirks(quirks, input) }),
    /** Ends every access token before its time: the API answers 401. */
    endAccessTokens: () => ({ ended: oauth.endAccessTokens() }),
    /** `{"account": "UC…"}`: its person takes the app's access away. */
    removeAccess: (input) => oauth.removeAccess(textOf(input, 'account')),
    /** Ends every upload session before its time. */
    expireSessions: () => ({ expired: sessions.expireAll() }),
    /** `{"status": 400, "reason": "uploadLimitExceeded"}`: open upload sessions fail with it, for good. */
    failSessions: (input) => ({
      failed: sessions.failAll(numberOf(input, 'status'), textOf(input, 'reason')),
    }),
    /** `{"bucket": "uploads" | "units" | "searches"}`: uses up what is left of a project's day. */
    drain: (input) => {
      const bucket = textOf(input, 'bucket');
      if (!isBucket(bucket)) throw new Error('bucket is uploads, units or searches');
      quota.drain(projectOf(input), bucket);
    },
    /** What a project has used today. */
    used: (input) => quota.used(projectOf(input)),
    /** `{"id": "…"}`: the owner deletes the video. */
    remove: (input) => {
      videoOf(input).deleted = true;
    },
    /** `{"id": "…", "views": 12, "likes": 3}`: what people did; what is left out its owner hides. */
    numbers: (input) => {
      const { id: _, views = 0, ...told } = input as { id: string; views?: number; likes?: number };
      videoOf(input).numbers = { views, ...told };
    },
    /** `{"id": "…", "title": "…", "tags": []}`: the owner edits the video in the Studio. */
    edit: (input) => {
      const { id: _, ...changes } = input as Record<string, unknown>;
      const video = videoOf(input);
      video.metadata = { ...video.metadata, ...changes };
    },
    /** `{"id": "…", "outcome": "rejected:copyright"}`: processing ends so, now. */
    finish: (input) => {
      const video = videoOf(input);
      video.outcome = textOf(input, 'outcome');
      video.processedAt = world.clock.now();
    },
    /** `{"account": "UC…", "settings": {"noChannel": true}}`: changes what an account is. */
    account: (input) => {
      const id = textOf(input, 'account');
      const account = world.accounts('youtube').find((one) => one.id === id || one.handle === id);
      if (!account) throw new Error(`there is no account ${id}`);
      return Object.assign(account.settings, fieldOf(input, 'settings'));
    },
  };

  function videoOf(input: unknown) {
    const id = textOf(input, 'id');
    const video = videos.find(id);
    if (!video) throw new Error(`there is no video ${id}`);
    return video;
  }
}

function projectOf(input: unknown): string {
  return String(fieldOf(input, 'project') ?? '123456789012');
}

function isBucket(text: string): text is Bucket {
  return ['uploads', 'searches', 'units'].includes(text);
}

function fieldOf(input: unknown, name: string): unknown {
  return typeof input === 'object' && input !== null ? (input as Record<string, unknown>)[name] : undefined;
}

function textOf(input: unknown, name: string): string {
  const value = fieldOf(input, name);
  if (typeof value !== 'string') throw new Error(`${name} is a text`);
  return value;
}

function numberOf(input: unknown, name: string): number {
  const value = fieldOf(input, name);
  if (typeof value !== 'number') throw new Error(`${name} is a number`);
  return value;
}
