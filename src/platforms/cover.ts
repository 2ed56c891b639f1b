import { asFailure } from '../core/failure.ts';
import type { FrameWish } from '../core/media.ts';
import type { PublishRequest } from '../core/platform.ts';

/** The rule's option, for platforms that take a picture. */
export const coverOption = {
  title: 'Second of the video that becomes its cover; without it, the platform chooses',
  type: 'number',
} as const;

/** No platform needs a cover larger than this: that of a video, as sharp as it is shown. */
const usual = { maxSide: 1920, maxBytes: 2_000_000 } as const;

/** The second that the rule names; undefined where the platform shall choose. */
export function coverSecondsOf(options: PublishRequest['options']): number | undefined {
  const seconds = options['coverSeconds'];
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** What came of the wish for a cover: the picture, or why there is none; nothing where none was wished. */
export interface Cover {
  picture?: Uint8Array;
  warning?: string;
}

/** The wished picture. Never throws for want of one: a post without its cover beats none. */
export async function takeCover(request: PublishRequest, bounds: Partial<FrameWish> = {}): Promise<Cover> {
  const atSeconds = coverSecondsOf(request.options);
  if (atSeconds === undefined || !request.frame) return {};
  try {
    return { picture: await request.frame({ ...usual, ...bounds, atSeconds }) };
  } catch (error) {
    return { warning: noCover(request, error) };
  }
}

/**
 * Sets the cover of what is out already, once. A trouble with it is a warning and nothing else: the post stays
 * published, and nothing of it is sent again.
 */
export async function setCover(
  request: PublishRequest,
  set: (picture: Uint8Array) => Promise<unknown>,
): Promise<readonly string[]> {
  if (coverSecondsOf(request.options) === undefined) return [];
  const warning = await request.run.step('cover', async () => {
    const cover = await takeCover(request);
    if (!cover.picture) return cover.warning ?? null;
    try {
      await set(cover.picture);
      return null;
    } catch (error) {
      return noCover(request, error);
    }
  });
  return warning === null ? [] : [warning];
}

/** Why there is no cover, in words. Throws on where the process is being stopped, or the job is another host’s: the next one tries again. */
export function noCover({ signal }: PublishRequest, error: unknown): string {
  signal?.throwIfAborted();
  const failure = asFailure(error);
  if (failure.code === 'E_INTERRUPTED' || failure.code === 'E_LEASE_LOST') throw failure;
  return `The post is out with the cover that the platform chose; the rule’s could not be set: ${failure.message}`;
}
