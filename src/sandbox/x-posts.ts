import { HOUR, SECOND } from '../core/clock.ts';
import type { SimAccount, SimPost, SimRequest, SimResponse, World } from './types.ts';
import { forbidden, invalidRequest, problem, type Refusal } from './x-answers.ts';
import type { Billing } from './x-billing.ts';
import { jsonOf, type Media, type XMedia } from './x-media.ts';
import type { XQuirks } from './x-quirks.ts';
import { cashtagsIn, escaped, lengthOf, linksIn, sameness } from './x-text.ts';

export interface StoredPost {
  id: string;
  account: SimAccount;
  /** As it was sent. */
  text: string;
  /** Media of the post: its first and only video. */
  media: Media | undefined;
  at: number;
  deleted: boolean;
  facts: Readonly<Record<string, unknown>>;
}

export interface XPosts {
  create(request: SimRequest, account: SimAccount): SimResponse;
  remove(account: SimAccount, id: string): SimResponse;
  /** Newest first, deleted ones left out. */
  all(): StoredPost[];
  posts(): SimPost[];
}

export interface Surroundings {
  world: World;
  quirks: XQuirks;
  billing: Billing;
  media: XMedia;
  snowflake: () => string;
}

const members = [
  'text',
  'media',
  'reply',
  'reply_settings',
  'made_with_ai',
  'paid_partnership',
  'poll',
  'geo',
  'community_id',
  'nullcast',
  'card_uri',
  'quote_tweet_id',
  'for_super_followers_only',
  'share_with_followers',
  'direct_message_deep_link',
  'edit_options',
];

export function createPosts(here: Surroundings): XPosts {
  const stored: StoredPost[] = [];
  return {
    create: (request, account) => create(here, stored, request, account),
    remove(account, id) {
      const post = stored.find((one) => one.id === id && one.account.id === account.id);
      if (post) post.deleted = true;
      here.billing.charge('deletion');
      return { status: 200, body: { data: { deleted: post !== undefined } } };
    },
    all: () => stored.filter(({ deleted }) => !deleted).reverse(),
    posts: () =>
      stored
        .filter(({ deleted }) => !deleted)
        .reverse()
        .map(shown),
  };
}

function create(
  here: Surroundings,
  stored: StoredPost[],
  request: SimRequest,
  account: SimAccount,
): SimResponse {
  const { world, quirks, billing } = here;
  const wish = bodyOf(here, request);
  const text = wish['text'] ?? '';
  if (typeof text !== 'string') throw breach(here, 'text is no string', 'text');
  const media = mediaOf(here, wish['media'], account);
  if (text === '' && !media) throw invalidRequest(quirks, { text: 'Either text or media is required.' });
  checkText(quirks, account, text);
  const twin = stored.find((other) => isTwin(here, other, account, text, media));
  if (twin) throw forbidden(quirks, 'You are not allowed to create a Tweet with duplicate content.');
  if (media) checkVideo(quirks, account, media);
  const price = linksIn(text).length > 0 ? 'postWithLink' : 'post';
  billing.afford(price);
  billing.charge(price);
  const { text: _text, media: _media, ...facts } = wish;
  const post: StoredPost = {
    id: here.snowflake(),
    account,
    text,
    media,
    at: world.clock.now(),
    deleted: false,
    facts: { ...facts, length: lengthOf(text), billedAs: price },
  };
  stored.push(post);
  return { status: 201, body: { data: createdData(quirks, post) } };
}

function bodyOf(here: Surroundings, request: SimRequest): Record<string, unknown> {
  const wish = jsonOf(request);
  if (!wish) {
    here.world.complain('x', 'POST /2/tweets: the body is no JSON object');
    throw problem(here.quirks, 400, {
      title: 'Invalid Request',
      detail: 'Request body is not valid JSON.',
      kind: 'invalid-request',
    });
  }
  const unknown = Object.keys(wish).find((name) => !members.includes(name));
  if (unknown !== undefined) throw breach(here, `unknown member ${unknown}`, unknown);
  for (const name of ['made_with_ai', 'paid_partnership', 'nullcast'])
    if (wish[name] !== undefined && typeof wish[name] !== 'boolean')
      throw breach(here, `${name} is no boolean`, name);
  const who = wish['reply_settings'];
  if (who !== undefined && !['following', 'mentionedUsers', 'subscribers', 'verified'].includes(String(who)))
    throw breach(here, `reply_settings ${String(who)}`, 'reply_settings');
  if (wish['quote_tweet_id'] !== undefined || wish['reply'] !== undefined)
    throw forbidden(here.quirks, 'You are not permitted to perform this action.');
  return wish;
}

function breach({ world, quirks }: Surroundings, what: string, parameter: string): Refusal {
  world.complain('x', `POST /2/tweets: ${what}`);
  return invalidRequest(quirks, { [parameter]: `$.${parameter}: ${what}` });
}

function mediaOf(here: Surroundings, wish: unknown, account: SimAccount): Media | undefined {
  if (wish === undefined) return undefined;
  const ids: unknown = (wish as { media_ids?: unknown } | null)?.media_ids;
  if (!Array.isArray(ids) || ids.length < 1 || ids.length > 4) throw breach(here, 'media.media_ids', 'media');
  // A number has lost its last digits on the way.
  if (ids.some((id) => typeof id !== 'string'))
    throw breach(here, 'a media id that is no string', 'media.media_ids');
  const found = ids.map((id: string) => here.media.usable(account, id));
  if (found.some((media) => media === undefined))
    throw invalidRequest(here.quirks, { 'media.media_ids': 'Your media IDs are invalid.' });
  return found[0];
}

function isPaying(account: SimAccount): boolean {
  return String(account.settings['subscriptionType'] ?? 'None') !== 'None';
}

function checkText(quirks: XQuirks, account: SimAccount, text: string): void {
  if (lengthOf(text) > (isPaying(account) ? 25_000 : 280))
    throw forbidden(
      quirks,
      'Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.',
    );
  if (cashtagsIn(text) > 1) throw forbidden(quirks, 'Posts may hold one cashtag at most.');
  if (/[\uFFFE\uFFFF\uFEFF]/u.test(text)) throw forbidden(quirks, 'The Tweet contains invalid characters.');
}

function isTwin(
  { quirks, world }: Surroundings,
  other: StoredPost,
  account: SimAccount,
  text: string,
  media: Media | undefined,
): boolean {
  if (other.account.id !== account.id || sameness(other.text) !== sameness(text)) return false;
  if (world.clock.now() - other.at >= quirks.duplicateHours * HOUR) return false;
  return quirks.duplicateAcrossMedia || other.media?.id === media?.id;
}

/** Looked at only here: the upload of a video that is too long succeeds. */
function checkVideo(quirks: XQuirks, account: SimAccount, media: Media): void {
  const paying = isPaying(account);
  const [seconds, bytes] = quirks.shortVideos ? [140, 512e6] : paying ? [125 * 60, 16e9] : [20 * 60, 8e9];
  if (media.durationSeconds > seconds || media.totalBytes > bytes)
    throw forbidden(
      quirks,
      `This user is not allowed to post a video longer than ${Math.floor(seconds / 60)} minutes.`,
    );
}

/** The address of the video that X adds to the text. */
export function textWithVideo(post: StoredPost): string {
  const link = post.media ? `https://t.co/${post.id.slice(-10)}` : '';
  return [escaped(post.text), link].filter(Boolean).join(' ');
}

export function editHistory(quirks: XQuirks, id: string): object {
  switch (quirks.postAnswer) {
    case 'empty-edit-id':
      return { edit_history_tweet_ids: [''] };
    case 'edit-id':
      return { edit_history_tweet_ids: [id] };
    case 'post-ids':
      return { edit_history_post_ids: [id] };
  }
}

function createdData(quirks: XQuirks, post: StoredPost): object {
  return { id: post.id, text: textWithVideo(post), ...editHistory(quirks, post.id) };
}

export function pageOf(post: StoredPost): string {
  return `https://x.com/${post.account.handle.replace('@', '')}/status/${post.id}`;
}

function shown(post: StoredPost): SimPost {
  return {
    platform: 'x',
    accountId: post.account.id,
    id: post.id,
    url: pageOf(post),
    text: post.text,
    sha256: post.media?.sha256 ?? '',
    bytes: post.media?.totalBytes ?? 0,
    visible: true,
    publishedAt: Math.floor(post.at / SECOND) * SECOND,
    facts: post.facts,
  };
}
