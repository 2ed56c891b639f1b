import type { Clock } from './clock.ts';
import { HOUR, MINUTE } from './clock.ts';
import { Failure } from './failure.ts';
import type { MediaFile } from './media.ts';
import type { PublishRequest } from './platform.ts';

/** A copy of a video on a public address. The address is a secret: whoever has it can read the file. */
export interface Offer {
  url: string;
  /** Until when it can be fetched (epoch ms). */
  until: number;
}

/** One line of `repost host check`. */
export interface HostCheck {
  result: 'PASS' | 'WARN' | 'FAIL';
  title: string;
  hint: string | null;
}

/**
 * A place of the user's own from which a platform can fetch a video that it doesn't take as an upload. Copies
 * have names that nobody can guess and are listed nowhere.
 */
export interface MediaHost {
  readonly kind: 's3' | 'folder';
  /** For people, and to know a copy's host again: `bucket videos at https://…`. No secrets. */
  readonly place: string;
  /** A fresh name for a copy of this file, known before anything is written. */
  newHandle(file: Pick<HostedFile, 'mimeType'>): string;
  /** Puts the file there and says where it can be fetched. Again for the same handle: the same copy. */
  offer(handle: string, file: HostedFile, signal?: AbortSignal): Promise<Offer>;
  /** Takes the copy away; one that isn't there (any more) is no error. */
  withdraw(handle: string): Promise<void>;
  /** Puts a small file there, fetches it as a platform would, takes it away. Never throws for what it finds. */
  check(): Promise<HostCheck[]>;
}

export type HostedFile = Pick<MediaFile, 'path' | 'bytes' | 'sha256' | 'mimeType'>;

/** The step that a copy begins with: a platform that could not fetch it goes back to here for a fresh one. */
export const publicCopyStep = 'name the public copy';

/** How long an address stays good: containers live a day, and the file is fetched within minutes of their birth. */
export const OFFER_MS = 12 * HOUR;

/** An address with less left than this is made anew before it is handed to a platform. */
export const OFFER_LEAST_MS = HOUR;

/** How often a job looks whether its person has set or mended the host. */
const LOOK_AGAIN_MS = 15 * MINUTE;

/** The job waits: a host that is set later lets it go out. */
export function noHost(clock: Clock, platform: string): Failure {
  return new Failure('E_NO_HOST', {
    kind: 'later',
    reason: 'media',
    notBefore: clock.now() + LOOK_AGAIN_MS,
    certain: true,
    message: `${platform} fetches videos from a public address; no media host is set.`,
  });
}

/** The public address of the video that is published. Throws `later` where there is no working host. */
export async function publicAddressOf(request: PublishRequest, platform: string): Promise<string> {
  if (!request.publicUrl) throw noHost(request.clock, platform);
  return request.publicUrl();
}

/** What a platform could not fetch is put there anew, on another address, before it is asked again. */
export function withFreshCopy(error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== 'E_HOST') return error;
  const { message, hint, status } = error;
  const known = status === undefined ? {} : { status };
  return new Failure('E_HOST', { kind: 'redo', step: publicCopyStep, message, hint, ...known });
}

/** The host is there and refuses: a matter for its person, the job waits meanwhile. */
export function hostTrouble(clock: Clock, message: string, hint?: string): Failure {
  return new Failure('E_HOST', {
    kind: 'later',
    reason: 'media',
    notBefore: clock.now() + LOOK_AGAIN_MS,
    certain: true,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
}
