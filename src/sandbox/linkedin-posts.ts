import { HOUR, SECOND } from '../core/clock.ts';
import { badInput, jsonOf, noPermission, refusal } from './linkedin-answers.ts';
import { readLittle } from './linkedin-little.ts';
import type { LinkedinQuirks } from './linkedin-quirks.ts';
import type { LinkedinVideos, Video } from './linkedin-videos.ts';
import type { SimPost, SimRequest, SimResponse, World } from './types.ts';

interface StoredPost {
  urn: string;
  author: string;
  commentary: string;
  video: Video | undefined;
  title: string | undefined;
  visibility: string;
  at: number;
  deleted: boolean;
}

export interface LinkedinPosts {
  create(request: SimRequest, authors: readonly string[]): SimResponse;
  /** The posts of an author, those changed last first. */
  list(request: SimRequest): SimResponse;
  read(urn: string): SimResponse;
  remove(urn: string): boolean;
  posts(): SimPost[];
}

const members = [
  'author',
  'commentary',
  'visibility',
  'distribution',
  'content',
  'lifecycleState',
  'isReshareDisabledByAuthor',
  'contentCallToActionLabel',
  'contentLandingPage',
  'reshareContext',
];
/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api */
const MOST_CHARACTERS = 3000;

interface State {
  world: World;
  quirks: LinkedinQuirks;
  videos: LinkedinVideos;
  stored: StoredPost[];
}

export function createPosts(world: World, quirks: LinkedinQuirks, videos: LinkedinVideos): LinkedinPosts {
  const state: State = { world, quirks, videos, stored: [] };
  const alive = () => state.stored.filter(({ deleted }) => !deleted).reverse();
  return {
    create: (request, authors) => create(state, request, authors),
    list: (request) => list(state, alive(), request),
    read(urn) {
      const post = alive().find((one) => one.urn === urn);
      if (!post) throw refusal(404, `Could not find entity ${urn}`, { code: 'RESOURCE_NOT_FOUND' });
      return { status: 200, body: node(post) };
    },
    remove(urn) {
      const post = alive().find((one) => one.urn === urn);
      if (post) post.deleted = true;
      return post !== undefined;
    },
    posts: () =>
      alive()
        .filter(({ video }) => video === undefined || videos.stateOf(video) === 'AVAILABLE')
        .map(shown),
  };
}

function create(state: State, request: SimRequest, authors: readonly string[]): SimResponse {
  const { world, quirks, stored } = state;
  const wish = jsonOf(request);
  if (!wish) throw breach(state, 'the body is no JSON object', 'body');
  const unknown = Object.keys(wish).find((name) => !members.includes(name));
  if (unknown !== undefined) throw breach(state, `unknown member ${unknown}`, unknown);
  const { author, commentary, visibility, distribution, lifecycleState } = wish;
  if (typeof author !== 'string') throw breach(state, 'author is no URN', 'author');
  if (!authors.includes(author)) throw noPermission('partnerApiPosts.CREATE');
  if (typeof commentary !== 'string') throw breach(state, 'commentary is no text', 'commentary');
  if (!['PUBLIC', 'CONNECTIONS', 'LOGGED_IN'].includes(String(visibility)))
    throw breach(state, `visibility ${String(visibility)}`, 'visibility');
  if (author.includes(':organization:') && visibility !== 'PUBLIC')
    throw breach(state, 'a page’s post is PUBLIC', 'visibility');
  if ((distribution as { feedDistribution?: unknown } | undefined)?.feedDistribution !== 'MAIN_FEED')
    throw breach(state, 'distribution.feedDistribution', 'distribution');
  if (lifecycleState !== 'PUBLISHED') throw breach(state, 'lifecycleState', 'lifecycleState');
  if (commentary.length > MOST_CHARACTERS)
    throw badInput(422, 'ERROR :: /commentary :: is too long', [
      { code: 'FIELD_LENGTH_TOO_LONG', description: 'is too long', field: 'commentary' },
    ]);
  const { video, title } = mediaOf(state, wish['content'], author);
  const twin = stored.find((other) => isTwin(state, other, author, commentary, video));
  if (twin) throw duplicateOf(state, twin);
  const post: StoredPost = {
    urn: `urn:li:${quirks.urnKind}:${world.snowflake()}`,
    author,
    commentary,
    video,
    title,
    visibility: String(visibility),
    at: world.clock.now(),
    deleted: false,
  };
  stored.push(post);
  return { status: 201, headers: { [quirks.idHeader]: post.urn } };
}

function breach({ world }: State, what: string, field: string) {
  world.complain('linkedin', `POST /rest/posts: ${what}`);
  return badInput(400, `ERROR :: /${field} :: ${what}`, [
    { code: 'INVALID_VALUE', description: what, field },
  ]);
}

function mediaOf(
  state: State,
  content: unknown,
  author: string,
): { video: Video | undefined; title: string | undefined } {
  if (content === undefined) return { video: undefined, title: undefined };
  const media = (content as { media?: { id?: unknown; title?: unknown } } | null)?.media;
  if (typeof media?.id !== 'string') throw breach(state, 'content.media.id is no URN', 'content');
  const title = media.title;
  if (title !== undefined && typeof title !== 'string') throw breach(state, 'title is no text', 'content');
  const video = state.videos.find(media.id);
  if (!video || video.owner !== author)
    throw badInput(400, `The video ${media.id} does not exist`, [
      { code: 'INVALID_VALUE', description: `${media.id} does not exist`, field: 'content/media/id' },
    ]);
  const status = state.videos.stateOf(video);
  const taken = status === 'AVAILABLE' || (status === 'PROCESSING' && state.quirks.postsEarly);
  if (!taken)
    throw badInput(400, `The video ${media.id} is not ready: ${status}`, [
      { code: 'INVALID_VALUE', description: `${media.id} is not ready`, field: 'content/media/id' },
    ]);
  return { video, title };
}

function isTwin(
  { world, quirks }: State,
  other: StoredPost,
  author: string,
  commentary: string,
  video: Video | undefined,
): boolean {
  if (other.deleted || other.author !== author || other.commentary !== commentary) return false;
  if (world.clock.now() - other.at >= quirks.duplicateHours * HOUR) return false;
  return quirks.duplicateAcrossMedia || other.video?.urn === video?.urn;
}

function duplicateOf({ world, quirks }: State, twin: StoredPost) {
  const urn = quirks.ghostUrns ? `urn:li:share:${world.snowflake()}` : twin.urn;
  return badInput(
    422,
    `com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of ${urn}`,
    [{ code: 'DUPLICATE_POST', description: 'Duplicate post is detected' }],
  );
}

function list({ world, quirks }: State, alive: readonly StoredPost[], request: SimRequest): SimResponse {
  const asked = (name: string) => request.query.get(name);
  const [start, count] = [Number(asked('start') ?? 0), Number(asked('count') ?? 10)];
  if (asked('q') !== 'author' || !(count >= 1 && count <= 100) || !(start >= 0))
    throw refusal(400, 'Invalid query parameters passed to request');
  const listed = alive.filter(
    (post) => post.author === asked('author') && world.clock.now() - post.at >= quirks.listSeconds * SECOND,
  );
  return {
    status: 200,
    body: {
      paging: { start, count, links: [], total: listed.length },
      elements: listed.slice(start, start + count).map(node),
    },
  };
}

function node(post: StoredPost): object {
  return {
    id: post.urn,
    author: post.author,
    commentary: post.commentary,
    ...(post.video ? { content: { media: { title: post.title ?? '', id: post.video.urn } } } : {}),
    createdAt: post.at,
    publishedAt: post.at,
    lastModifiedAt: post.at,
    lifecycleState: 'PUBLISHED',
    lifecycleStateInfo: { isEditedByAuthor: false },
    visibility: post.visibility,
    isReshareDisabledByAuthor: false,
    distribution: { feedDistribution: 'MAIN_FEED', targetEntities: [], thirdPartyDistributionChannels: [] },
  };
}

/** The text is what a reader sees: where a reserved character stood alone, it ends there. */
function shown(post: StoredPost): SimPost {
  const { visible, hashtags, cut } = readLittle(post.commentary);
  return {
    platform: 'linkedin',
    accountId: post.author.split(':').at(-1) ?? '',
    id: post.urn,
    url: `https://www.linkedin.com/feed/update/${post.urn}/`,
    text: visible,
    ...(post.title === undefined ? {} : { title: post.title }),
    sha256: post.video?.sha256 ?? '',
    bytes: post.video?.bytes ?? 0,
    visible: post.visibility === 'PUBLIC',
    publishedAt: post.at,
    facts: { hashtags, cut, visibility: post.visibility, cover: post.video?.cover ?? null },
  };
}
