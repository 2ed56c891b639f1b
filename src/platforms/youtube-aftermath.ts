import { DAY, MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure, later } from '../core/failure.ts';
import type { PublishRequest } from '../core/platform.ts';
import type { VideoResource } from './youtube-lookups.ts';
import { findTwin, videosOf, watchUrl } from './youtube-lookups.ts';

/** What is kept of a finished upload. */
export interface Sent {
  id: string;
  privacy: string | null;
  channelId: string | null;
}

export function sentOf({ id, status, snippet }: VideoResource): Sent {
  return { id, privacy: status?.privacyStatus ?? null, channelId: snippet?.channelId ?? null };
}

/** What became of an upload shortly after. */
export interface Aftermath {
  id: string;
  privacy: string | null;
  warnings: readonly string[];
}

/** The video is out from its last byte on; how it fares is watched for this long, and then left alone. */
const WATCH_MS = MINUTE;

const rejections: Readonly<Record<string, string>> = {
  copyright: 'for copyright',
  claim: 'for a content claim',
  trademark: 'for a trademark',
  inappropriate: 'as inappropriate',
  termsOfUse: 'for its terms of use',
  legal: 'for legal reasons',
  length:
    'because it is too long for this channel: verify the channel’s phone number for more than 15 minutes',
  duplicate: 'as a duplicate',
  uploaderAccountSuspended: 'because the account is suspended',
  uploaderAccountClosed: 'because the account is closed',
};

/**
 * Looks whether YouTube kept what it took. Throws `later` while it is processing, for a minute at most; a
 * trouble of asking never turns what is out into a failure. Throws E_MEDIA_REFUSED, E_DUPLICATE or
 * E_UNKNOWN_OUTCOME where the video is out no more.
 */
export async function checkUpload(request: PublishRequest, sent: Sent, sentAt: number): Promise<Aftermath> {
  const { http, clock } = request;
  const asSent: Aftermath = { id: sent.id, privacy: sent.privacy, warnings: [] };
  const elapsed = clock.now() - sentAt;
  // 2 s, 4 s, 8 s …: as long again as it took so far, ending with the watch.
  const nextLook = () =>
    later(
      clock.now() + Math.max(2 * SECOND, Math.min(elapsed, WATCH_MS - elapsed)),
      'YouTube is processing the video; it is out already.',
    );
  let video: VideoResource | undefined;
  try {
    [video] = await videosOf(http, [sent.id], 'status,processingDetails');
  } catch (error) {
    if (asFailure(error).kind !== 'retry' || elapsed >= WATCH_MS) return asSent;
    throw nextLook();
  }
  if (!video) {
    if (elapsed < WATCH_MS) throw nextLook();
    throw new Failure('E_UNKNOWN_OUTCOME', {
      kind: 'reject',
      message: `YouTube took the video as ${sent.id} and does not show it any more.`,
    });
  }
  const { uploadStatus, privacyStatus } = video.status ?? {};
  if (uploadStatus === 'rejected' || uploadStatus === 'failed') return refused(request, video, sentAt);
  if (uploadStatus === 'uploaded' && elapsed < WATCH_MS) throw nextLook();
  return { ...asSent, privacy: privacyStatus ?? sent.privacy };
}

async function refused(request: PublishRequest, video: VideoResource, sentAt: number): Promise<Aftermath> {
  const { http, account, media } = request;
  const { uploadStatus, rejectionReason = '', failureReason = 'no reason given' } = video.status ?? {};
  if (uploadStatus === 'failed')
    throw new Failure('E_MEDIA_REFUSED', {
      message: `YouTube took the video as ${video.id} and could not process it (${failureReason}).`,
    });
  if (rejectionReason === 'duplicate') {
    const twin = await findTwin(http, account, {
      id: video.id,
      bytes: media.bytes,
      since: sentAt - 30 * DAY,
    });
    if (twin)
      return {
        id: twin.id,
        privacy: twin.status?.privacyStatus ?? null,
        warnings: [`YouTube had this video already, at ${watchUrl(twin.id)}, and dropped the new upload.`],
      };
  }
  throw new Failure(rejectionReason === 'duplicate' ? 'E_DUPLICATE' : 'E_MEDIA_REFUSED', {
    message: `YouTube took the video as ${video.id} and then rejected it ${
      rejections[rejectionReason] ?? `(${rejectionReason || 'no reason given'})`
    }.`,
  });
}
