import { asFailure, Failure } from '../core/failure.ts';
import type { HttpRequest } from '../core/http.ts';
import type { Commit, Platform, Post, PublishRequest } from '../core/platform.ts';
import { apiOrigin, pinUrl, sandboxOrigin, siteOrigin, v5 } from './pinterest-api.ts';
import { type Board, findBoard } from './pinterest-boards.ts';
import { classifyAnswer, readingsOf } from './pinterest-errors.ts';
import { guide } from './pinterest-guide.ts';
import { findPin, recentPins } from './pinterest-lookups.ts';
import { calls, pinterestRules } from './pinterest-rules.ts';
import { identities, signIn } from './pinterest-sign-in.ts';
import { altTextOf, fitText, MAX_LINK } from './pinterest-text.ts';
import { uploadVideo } from './pinterest-upload.ts';

/** Pinterest by the API v5: video Pins on a board. */
export const pinterest: Platform = {
  id: 'pinterest',
  name: 'Pinterest',
  guide,
  origins: [siteOrigin, apiOrigin, sandboxOrigin],
  signIn,
  ...pinterestRules,
  fit: fitText,
  publish,
  identities,
  classify: classifyAnswer,
  readings: readingsOf,
  recent: ({ http, since }) => recentPins(http, since),
};

// ---------------------------------------------------------------- publishing

async function publish(request: PublishRequest): Promise<Post> {
  const { run, http, options } = request;
  const board = await run.step('find the board', () => findBoard(http, options));
  const media = await uploadVideo(request);
  const { id } = await run.commit('create the Pin', pinOnce(request, board, media));
  const hidden = options['sandbox'] === true ? 'The Pin is in Pinterest’s sandbox' : hiddenBy(board);
  return {
    id,
    url: pinUrl(id),
    ...(hidden === undefined ? {} : { warnings: [`${hidden}: only you see it.`] }),
  };
}

function hiddenBy({ name, privacy }: Board): string | undefined {
  return privacy === 'SECRET' ? `The board “${name}” is secret` : undefined;
}

/** Pinterest has no key against sending twice: the link to the source video in the board proves a Pin. */
function pinOnce(request: PublishRequest, board: Board, media: string): Commit<{ id: string }> {
  const { http, text, options } = request;
  let sentBefore = false;
  return {
    act: async () => {
      try {
        const response = await http.send(pinRequest(request, board, media));
        const { id } = response.json<{ id?: unknown }>();
        if (typeof id === 'string' && /^\d+$/u.test(id)) return { id };
      } catch (error) {
        const failure = asFailure(error);
        // That the upload is used up may mean that the first sending used it: looked for again.
        if (sentBefore && ['E_HANDLE_EXPIRED', 'E_MEDIA_REFUSED'].includes(failure.code))
          throw new Failure(failure.code, { kind: 'retry', message: failure.message });
        throw failure;
      }
      throw new Failure('E_BAD_ANSWER', { message: 'Pinterest made the Pin without naming it.' });
    },
    inDoubt: async (sentAt) => {
      sentBefore = true;
      const { title = '', body } = text;
      const sent = { board: board.id, link: linkOf(request), title, description: body, at: sentAt };
      return findPin(http, sent, options);
    },
  };
}

function pinRequest(request: PublishRequest, board: Board, media: string): HttpRequest {
  const { text, options } = request;
  const link = linkOf(request);
  const altText = altTextOf(options);
  const cover = Number(options['coverSeconds'] ?? 0);
  return {
    url: v5('pins', options),
    json: {
      board_id: board.id,
      ...(text.title === undefined ? {} : { title: text.title }),
      ...(text.body === '' ? {} : { description: text.body }),
      ...(link === '' ? {} : { link }),
      ...(altText === '' ? {} : { alt_text: altText }),
      media_source: {
        source_type: 'video_id',
        media_id: media,
        // Whole seconds; past the end the last frame is taken. Pinterest wants a cover from everybody.
        cover_image_key_frame_time: Number.isFinite(cover) ? Math.max(0, Math.floor(cover)) : 0,
      },
    },
    call: calls.pin,
    effect: true,
  };
}

/** Where the Pin leads: to the source video, which is its mark as well. '' where it leads nowhere. */
function linkOf({ video, options }: PublishRequest): string {
  const usable = /^https?:\/\//iu.test(video.url) && video.url.length <= MAX_LINK;
  return options['link'] === 'none' || !usable ? '' : video.url;
}
