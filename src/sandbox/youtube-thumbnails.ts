import type { SimRequest, SimResponse } from './types.ts';
import type { Google } from './youtube.ts';
import { refuse } from './youtube-answers.ts';
import type { Caller } from './youtube-oauth.ts';

/** 50 MB since September 2026. */
const MOST_BYTES = 50 * 1024 * 1024;

const signatures: Readonly<Record<string, string>> = { 'image/jpeg': 'ffd8ff', 'image/png': '89504e47' };

/** thumbnails.set: raw bytes; only channels with a verified phone number may. */
export function setThumbnail(google: Google, request: SimRequest, { account, project }: Caller): SimResponse {
  const { quota, quirks, videos, world } = google;
  quota.spend(project, 'units', 50);
  const domain = 'youtube.thumbnail';
  const video = videos.find(request.query.get('videoId') ?? '');
  if (video?.channelId !== account.id)
    refuse(404, 'videoNotFound', 'The video that you are trying to set a thumbnail for cannot be found.', {
      domain,
    });
  if (account.settings['phoneVerified'] === false)
    refuse(
      403,
      'forbidden',
      'The authenticated user doesn’t have permissions to upload and set custom video thumbnails.',
      {
        domain,
      },
    );
  const { body, headers } = request;
  if (body.length === 0)
    refuse(400, 'mediaBodyRequired', 'The request does not include the image content.', { domain });
  const signature = signatures[headers['content-type'] ?? ''];
  if (body.length > MOST_BYTES)
    return { status: 413, body: '<html><title>413 Request Entity Too Large</title></html>' };
  if (signature === undefined || !body.toString('hex', 0, 4).startsWith(signature))
    refuse(400, 'invalidImage', 'The provided image content is invalid.', { domain });
  const set = videos
    .all()
    .filter(({ channelId, thumbnail }) => channelId === account.id && thumbnail !== null);
  if (quirks.thumbnailsPerDay > 0 && set.length >= quirks.thumbnailsPerDay)
    refuse(
      429,
      'uploadRateLimitExceeded',
      'The channel has uploaded too many thumbnails recently. Please try the request again later.',
      {
        domain,
      },
    );
  video.thumbnail = world.keepMedia(body);
  const url = `https://i.ytimg.com/vi/${video.id}/default.jpg`;
  return {
    status: 200,
    body: {
      kind: 'youtube#thumbnailSetResponse',
      etag: 'sandbox',
      items: [{ default: { url, width: 120, height: 90 } }],
    },
  };
}
