import { SECOND } from '../core/clock.ts';
import { accountEntity } from './mastodon-account.ts';
import { invalid, notFound, type Parameters, parametersOf, refuse } from './mastodon-answers.ts';
import type { Caller } from './mastodon-login.ts';
import type { MastodonMedia, Media } from './mastodon-media.ts';
import type { MastodonQuirks } from './mastodon-quirks.ts';
import { hashtagsIn, htmlOf, lengthOf, mentionsIn } from './mastodon-text.ts';
import type { SimAccount, SimPost, SimRequest, SimResponse, World } from './types.ts';

interface Status {
  id: string;
  account: SimAccount;
  text: string;
  spoiler: string;
  visibility: string;
  sensitive: boolean;
  language: string;
  media: readonly Media[];
  appName: string;
  at: number;
  deleted: boolean;
  counts: { favourites: number; reblogs: number; replies: number };
}

export interface MastodonStatuses {
  create(request: SimRequest, caller: Caller & { account: SimAccount }): Promise<SimResponse>;
  show(id: string): SimResponse;
  remove(account: SimAccount, id: string): SimResponse;
  /** Own posts, newest first. */
  list(request: SimRequest, accountId: string): SimResponse;
  /** Takes a post away, as its person would in the browser. */
  drop(id: string): boolean;
  /** What people did with a post. */
  count(id: string, counts: Partial<Status['counts']>): boolean;
  posts(): SimPost[];
}

interface State {
  world: World;
  host: string;
  quirks: MastodonQuirks;
  media: MastodonMedia;
  statuses: Status[];
  /** Account and key → the post, until it is forgotten. */
  keys: Map<string, { statusId: string; until: number }>;
  /** Accounts and keys that are at work. */
  locks: Set<string>;
}

/** https://docs.joinmastodon.org/methods/statuses/ and app/services/post_status_service.rb of the server */
export function createStatuses(
  world: World,
  host: string,
  quirks: MastodonQuirks,
  media: MastodonMedia,
): MastodonStatuses {
  const state: State = { world, host, quirks, media, statuses: [], keys: new Map(), locks: new Set() };
  const alive = () => state.statuses.filter(({ deleted }) => !deleted).reverse();
  const find = (id: string) => alive().find((status) => status.id === id);
  return {
    create: (request, caller) => create(state, request, caller),
    show(id) {
      const status = find(id);
      if (!status) throw notFound();
      return { status: 200, body: entity(state, status) };
    },
    remove(account, id) {
      const status = find(id);
      if (!status || status.account.id !== account.id) throw notFound();
      status.deleted = true;
      return { status: 200, body: { ...entity(state, status), text: status.text } };
    },
    list: (request, accountId) => list(state, alive(), request, accountId),
    drop(id) {
      const status = find(id);
      if (status) status.deleted = true;
      return status !== undefined;
    },
    count(id, counts) {
      const status = find(id);
      if (status) Object.assign(status.counts, counts);
      return status !== undefined;
    },
    posts: () => alive().map((status) => shown(state, status)),
  };
}

// ---------------------------------------------------------------- posting

async function create(
  state: State,
  request: SimRequest,
  caller: Caller & { account: SimAccount },
): Promise<SimResponse> {
  const { quirks, keys, locks, world } = state;
  const given = request.headers['idempotency-key'] ?? '';
  const place = given === '' || !quirks.honoursKeys ? undefined : `${caller.account.id} ${given}`;
  if (place === undefined) return { status: 200, body: entity(state, await post(state, request, caller)) };
  if (locks.has(place))
    throw refuse(503, 'There was a temporary problem serving your request, please try again');
  locks.add(place);
  try {
    const known = keys.get(place);
    if (known && world.clock.now() < known.until) {
      // The key is not bound to what stands in the request: whatever it says, the first post is the answer.
      const first = state.statuses.find(({ id, deleted }) => id === known.statusId && !deleted);
      if (!first) throw notFound();
      return { status: 200, body: entity(state, first) };
    }
    const status = await post(state, request, caller);
    keys.set(place, { statusId: status.id, until: world.clock.now() + quirks.keySeconds * SECOND });
    return { status: 200, body: entity(state, status) };
  } finally {
    locks.delete(place);
  }
}

async function post(
  state: State,
  request: SimRequest,
  { account, appName }: Caller & { account: SimAccount },
): Promise<Status> {
  const { world, quirks } = state;
  const wish = parametersOf(request);
  const media = attachable(state, request, account, wish.list('media_ids'));
  const spoiler = wish.text('spoiler_text');
  const text = wish.text('status') || (media.length > 0 ? spoiler : '');
  if (text === '' && media.length === 0) throw invalid(quirks, request, 'blank');
  if (lengthOf(spoiler + text) > quirks.maxCharacters)
    throw invalid(quirks, request, 'tooLong', String(quirks.maxCharacters));
  const visibility = wish.text('visibility') || String(account.settings['visibility'] ?? 'public');
  if (!['public', 'unlisted', 'private', 'direct'].includes(visibility)) {
    world.complain('mastodon', `POST /api/v1/statuses: visibility ${visibility}`);
    throw refuse(422, 'Validation failed: Visibility is not included in the list');
  }
  if (quirks.slowSeconds > 0) await world.clock.sleep(quirks.slowSeconds * SECOND);
  const status: Status = {
    id: world.snowflake(),
    account,
    text,
    spoiler,
    visibility,
    sensitive: isTrue(wish) || spoiler !== '',
    language: /^[a-z]{2,3}(-[A-Za-z]{2,4})?$/u.test(wish.text('language')) ? wish.text('language') : 'en',
    media,
    appName,
    at: world.clock.now(),
    deleted: false,
    counts: { favourites: 0, reblogs: 0, replies: 0 },
  };
  for (const one of media) one.statusId = status.id;
  state.statuses.push(status);
  return status;
}

function isTrue(wish: Parameters): boolean {
  return ['true', '1', 'on'].includes(wish.text('sensitive').toLowerCase());
}

function attachable(state: State, request: SimRequest, account: SimAccount, ids: unknown[]): Media[] {
  const { world, quirks, media } = state;
  // A number has lost its last digits on the way.
  if (ids.some((id) => typeof id !== 'string'))
    world.complain('mastodon', 'POST /api/v1/statuses: a media id that is no string');
  if (ids.length > 4) throw invalid(quirks, request, 'tooMany');
  const found = ids.map((id) => ({ id: String(id), media: media.unattached(account, String(id)) }));
  const missing = found.filter((one) => !one.media).map(({ id }) => id);
  if (missing.length > 0 && !quirks.dropsMedia)
    throw invalid(quirks, request, 'notAttachable', missing.join(', '));
  const there = found.flatMap((one) => (one.media ? [one.media] : []));
  if (there.length > 1 && there.some(({ kind }) => kind === 'video')) throw invalid(quirks, request, 'mixed');
  if (there.some((one) => !media.isReady(one))) throw invalid(quirks, request, 'notProcessed');
  return there;
}

// ---------------------------------------------------------------- reading

function list(state: State, alive: readonly Status[], { query }: SimRequest, accountId: string): SimResponse {
  const { world, quirks, host } = state;
  const size = Math.min(40, Math.max(1, Number(query.get('limit') ?? 20) || 20));
  const below = (id: string, name: string, holds: (order: bigint) => boolean) => {
    const bound = query.get(name);
    return bound === null || !/^\d+$/u.test(bound) || holds(BigInt(id) - BigInt(bound));
  };
  const fitting = alive.filter(
    ({ id, account, media, at }) =>
      account.id === accountId &&
      world.clock.now() - at >= quirks.listSeconds * SECOND &&
      (query.get('only_media') !== 'true' || media.length > 0) &&
      below(id, 'max_id', (order) => order < 0n) &&
      below(id, 'since_id', (order) => order > 0n),
  );
  const page = fitting.slice(0, size);
  const last = page.at(-1);
  const next = new URLSearchParams(query);
  next.set('max_id', last?.id ?? '');
  const path = `https://${host}/api/v1/accounts/${accountId}/statuses`;
  return {
    status: 200,
    ...(fitting.length > page.length ? { headers: { link: `<${path}?${next}>; rel="next"` } } : {}),
    body: page.map((status) => entity(state, status)),
  };
}

/** https://docs.joinmastodon.org/entities/Status/ */
function entity(state: State, status: Status): object {
  const { host, quirks, media } = state;
  const name = status.account.handle.replace(/^@/u, '');
  return {
    id: status.id,
    created_at: new Date(status.at).toISOString(),
    in_reply_to_id: null,
    in_reply_to_account_id: null,
    sensitive: status.sensitive,
    spoiler_text: status.spoiler,
    visibility: status.visibility,
    language: status.language,
    uri: `https://${host}/users/${name}/statuses/${status.id}`,
    url: `https://${host}/@${name}/${status.id}`,
    replies_count: status.counts.replies,
    reblogs_count: status.counts.reblogs,
    favourites_count: status.counts.favourites,
    content: htmlOf(status.text, host),
    reblog: null,
    application: status.appName === '' ? null : { name: status.appName, website: null },
    account: accountEntity(host, status.account),
    media_attachments: status.media.map((one) =>
      media.entity(one, quirks.changesMediaIds ? `9${one.id}` : one.id),
    ),
    mentions: [],
    tags: hashtagsIn(status.text).map((tag) => ({ name: tag, url: `https://${host}/tags/${tag}` })),
    emojis: [],
    card: null,
    poll: null,
  };
}

function shown({ host }: State, status: Status): SimPost {
  const [video] = status.media;
  return {
    platform: 'mastodon',
    accountId: status.account.id,
    id: status.id,
    url: `https://${host}/@${status.account.handle.replace(/^@/u, '')}/${status.id}`,
    text: status.text,
    sha256: video?.sha256 ?? '',
    bytes: video?.bytes ?? 0,
    visible: status.visibility === 'public' || status.visibility === 'unlisted',
    publishedAt: status.at,
    facts: {
      server: host,
      visibility: status.visibility,
      cover: video?.cover ?? null,
      sensitive: status.sensitive,
      spoilerText: status.spoiler,
      language: status.language,
      description: video?.description ?? null,
      mentions: mentionsIn(status.text),
      length: lengthOf(status.spoiler + status.text),
    },
  };
}
