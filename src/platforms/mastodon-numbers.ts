import { Failure } from '../core/failure.ts';
import { type NumberReader, numbersOf } from '../core/numbers.ts';
import { calls } from './mastodon-rules.ts';
import { originOf } from './mastodon-server.ts';

/** https://docs.joinmastodon.org/entities/Status/ */
interface Counts {
  id?: unknown;
  favourites_count?: unknown;
  reblogs_count?: unknown;
  replies_count?: unknown;
}

/** One call for each post; the right to read posts is among those of publishing. Mastodon counts no views. */
export const statusNumbers: NumberReader = {
  batch: 1,
  tells: ['likes', 'comments', 'shares'],
  source: 'https://docs.joinmastodon.org/methods/statuses/#get',
  async read({ http, account, ids, signal }) {
    const [id = ''] = ids;
    const response = await http.send({
      url: `${originOf(account)}/api/v1/statuses/${encodeURIComponent(id)}`,
      call: calls.statuses,
      // Deleted, or hidden from its own author.
      accept: [404],
      ...(signal ? { signal } : {}),
    });
    if (response.status === 404) return new Map();
    const status = response.json<Counts | null>();
    if (String(status?.id) !== id)
      throw new Failure('E_BAD_ANSWER', { message: 'The server answered with another post.' });
    const { favourites_count: likes, replies_count: comments, reblogs_count: shares } = status ?? {};
    return new Map([[id, numbersOf({ likes, comments, shares })]]);
  },
};
