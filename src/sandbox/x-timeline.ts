import { SECOND } from '../core/clock.ts';
import type { SimAccount, SimRequest, SimResponse } from './types.ts';
import { invalidRequest, notFound, type Refusal } from './x-answers.ts';
import type { StoredPost, Surroundings, XPosts } from './x-posts.ts';
import { editHistory, textWithVideo } from './x-posts.ts';

const parameters = [
  'max_results',
  'pagination_token',
  'since_id',
  'until_id',
  'start_time',
  'end_time',
  'exclude',
  'expansions',
  'media.fields',
  'user.fields',
  'poll.fields',
  'place.fields',
];
const expansionsKnown =
  'attachments.media_keys attachments.media_source_tweet attachments.poll_ids author_id edit_history_tweet_ids entities.mentions.username geo.place_id in_reply_to_user_id'.split(
    ' ',
  );

/** https://docs.x.com/x-api/users/get-posts, and who asks: https://docs.x.com/x-api/users/get-my-user */
export function timeline(
  here: Surroundings,
  posts: XPosts,
  request: SimRequest,
  userId: string,
): SimResponse {
  const { world, quirks, billing } = here;
  const owner = world.accounts('x').find(({ id }) => id === userId);
  if (!owner) throw notFound(quirks, `user with id: [${userId}]`);
  checkParameters(here, request, parameters, 'tweet');
  const asked = (name: string) => request.query.get(name) ?? undefined;
  const size = Number(asked('max_results') ?? 10);
  if (!Number.isInteger(size) || size < 5 || size > 100)
    throw wrong(here, `max_results ${String(asked('max_results'))}`, 'max_results');
  for (const name of ['since_id', 'until_id'])
    if (!/^\d{1,19}$/u.test(asked(name) ?? '1')) throw wrong(here, `${name} ${String(asked(name))}`, name);
  const from = Number(asked('pagination_token')?.replace(/^p/u, '') ?? 0);
  if (!Number.isInteger(from)) throw invalidRequest(quirks, { pagination_token: 'The token is invalid.' });

  const listed = posts.all().filter((post) => post.account.id === owner.id && isListed(here, post, asked));
  const page = listed.slice(from, from + size);
  billing.afford('readPost');
  for (const post of page) billing.charge('readPost', `post ${post.id}`);
  const next = from + size < listed.length ? { next_token: `p${from + size}` } : {};
  if (page.length === 0) return { status: 200, body: { meta: { result_count: 0 } } };
  const keys = (asked('expansions') ?? '').split(',').includes('attachments.media_keys');
  const meta = { result_count: page.length, newest_id: page[0]?.id, oldest_id: page.at(-1)?.id, ...next };
  return {
    status: 200,
    body: {
      data: page.map((post) => dataOf(here, post, keys)),
      ...(keys ? { includes: { media: page.flatMap((post) => mediaOf(here, post)) } } : {}),
      meta,
    },
  };
}

function isListed(
  { world, quirks }: Surroundings,
  post: StoredPost,
  asked: (name: string) => string | undefined,
): boolean {
  const id = BigInt(post.id);
  const time = (name: string) => Date.parse(asked(name) ?? '');
  return (
    world.clock.now() - post.at >= quirks.listSeconds * SECOND &&
    id > BigInt(asked('since_id') ?? 0) &&
    id < BigInt(asked('until_id') ?? '9223372036854775807') &&
    !(post.at < time('start_time')) &&
    !(post.at >= time('end_time'))
  );
}

function keyOf({ quirks }: Surroundings, post: StoredPost): string | undefined {
  return post.media && quirks.timelinePrefix + post.media.id;
}

function dataOf(here: Surroundings, post: StoredPost, keys: boolean): object {
  const key = keyOf(here, post);
  const named =
    here.quirks.postAnswer === 'post-ids'
      ? editHistory(here.quirks, post.id)
      : { edit_history_tweet_ids: [post.id] };
  return {
    id: post.id,
    text: textWithVideo(post),
    ...named,
    ...(keys && key !== undefined ? { attachments: { media_keys: [key] } } : {}),
  };
}

function mediaOf(here: Surroundings, post: StoredPost): object[] {
  const key = keyOf(here, post);
  return key === undefined ? [] : [{ media_key: key, type: 'video' }];
}

export function me(here: Surroundings, request: SimRequest, account: SimAccount): SimResponse {
  checkParameters(here, request, ['user.fields', 'expansions'], 'user');
  here.billing.afford('readUser');
  here.billing.charge('readUser', `user ${account.id}`);
  const wanted = (request.query.get('user.fields') ?? '').split(',');
  const all: Record<string, unknown> = {
    subscription_type: account.settings['subscriptionType'] ?? 'None',
    verified: account.settings['verifiedType'] !== undefined,
    verified_type: account.settings['verifiedType'] ?? 'none',
    protected: false,
  };
  const chosen = Object.entries(all).filter(([name]) => wanted.includes(name));
  const username = account.handle.replace(/^@/u, '');
  return {
    status: 200,
    body: { data: { id: account.id, name: account.name, username, ...Object.fromEntries(chosen) } },
  };
}

/** Of `tweet.fields` and `post.fields` one is known, the other is an unknown parameter. */
function checkParameters(
  here: Surroundings,
  request: SimRequest,
  known: readonly string[],
  what: string,
): void {
  const { fields } = here.quirks;
  const words = fields === 'both' ? ['tweet.fields', 'post.fields'] : [`${fields}.fields`];
  for (const name of request.query.keys()) {
    if ([...known, ...words].includes(name)) continue;
    const message = `The query parameter [${name}] is not one of [${[...known, ...words].join(',')}]`;
    // Which of the two is known changes: nobody can be blamed for it.
    if (!/^(tweet|post)\.fields$/u.test(name))
      here.world.complain('x', `GET ${what}: unknown parameter ${name}`);
    throw invalidRequest(here.quirks, { [name]: message });
  }
  for (const expansion of (request.query.get('expansions') ?? '').split(',').filter(Boolean))
    if (what === 'tweet' && !expansionsKnown.includes(expansion))
      throw wrong(here, `expansion ${expansion}`, 'expansions');
}

function wrong({ world, quirks }: Surroundings, what: string, parameter: string): Refusal {
  world.complain('x', `GET timeline: ${what}`);
  return invalidRequest(quirks, { [parameter]: what });
}
