import type { ReelVideo } from './facebook-part.ts';
import type { MetaQuirks } from './meta-quirks.ts';
import type { Receiver } from './meta-rupload.ts';
import { debugInfo } from './meta-rupload.ts';
import type { World } from './types.ts';

/** Where the bytes of a video are gathered. */
export function receiverOf(
  world: World,
  quirks: MetaQuirks,
  video: ReelVideo | undefined,
  expired: (video: ReelVideo) => boolean,
): Receiver | undefined {
  if (!video) return undefined;
  const complete = (bytes: Buffer) => {
    video.received = bytes.length;
    video.sha256 = world.keepMedia(bytes);
    video.chunks = [];
    video.completeAt = world.clock.now();
  };
  return {
    received: () => video.received,
    mayReceive: (holder) => holder.kind === 'page' && holder.pageId === video.page.id,
    setSize(bytes) {
      video.size ??= bytes;
      return video.size === bytes;
    },
    append(bytes) {
      video.chunks.push(Buffer.from(bytes));
      video.received += bytes.length;
    },
    finish: () => complete(Buffer.concat(video.chunks)),
    open: () => video.completeAt === undefined && !expired(video),
    refusesForNoReason() {
      if (quirks.uploadRefusals <= 0) return false;
      quirks.uploadRefusals -= 1;
      return true;
    },
    fetch(address) {
      const found = quirks.hosted[address];
      if (!found || !('bytes' in found))
        return debugInfo(
          400,
          'ProcessingFailedError',
          'The file’s host forbids facebookexternalhit or can’t be reached',
          false,
        );
      complete(Buffer.from(found.bytes, 'base64'));
      // Fetched in its own time: finish before that finds no file.
      if (found.slow) video.completeAt = world.clock.now() + quirks.processingMs;
      return { status: 200, body: { success: true } };
    },
  };
}
