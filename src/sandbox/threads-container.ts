import type { Crawled } from './crawler.ts';
import { crawl } from './crawler.ts';
import { graphError, paramsOf } from './meta-graph.ts';
import { declaredFacts } from './mp4-facts.ts';
import type { ThreadsHolder } from './threads-login.ts';
import type { ThreadsQuirks } from './threads-quirks.ts';
import { checkThreadsText, checkTopic } from './threads-text.ts';
import type { SimAccount, SimRequest, SimResponse, World } from './types.ts';

const DAY = 86_400_000;
const GIGABYTE = 1_000_000_000;

export type ThreadsStatus = 'IN_PROGRESS' | 'FINISHED' | 'PUBLISHED' | 'ERROR' | 'EXPIRED';

export interface ThreadsContainer {
  id: string;
  account: SimAccount;
  params: URLSearchParams;
  createdAt: number;
  /** When the crawler came home; undefined while it is under way. */
  fetchedAt?: number;
  bytes: number;
  sha256: string;
  error?: string;
  mediaId?: string;
}

/** What a container takes. https://developers.facebook.com/documentation/threads/reference/publishing */
const known: readonly string[] = [
  'media_type',
  'video_url',
  'text',
  'alt_text',
  'topic_tag',
  'reply_control',
  'is_spoiler_media',
  'location_id',
  'allowlisted_country_codes',
  'quote_post_id',
  'reply_to_id',
  'enable_reply_approvals',
  'crossreshare_to_ig',
];

const replyControls = [
  'everyone',
  'accounts_you_follow',
  'mentioned_only',
  'parent_post_author_only',
  'followers_only',
];

export interface ThreadsContainers {
  create(request: SimRequest, holder: ThreadsHolder): Promise<SimResponse>;
  find(id: string): ThreadsContainer | undefined;
  /** Sends the crawler where it is due, then tells. */
  statusOf(container: ThreadsContainer): Promise<ThreadsStatus>;
  all(): readonly ThreadsContainer[];
}

export function createThreadsContainers(world: World, quirks: ThreadsQuirks): ThreadsContainers {
  const containers = new Map<string, ThreadsContainer>();

  async function create(request: SimRequest, { account }: ThreadsHolder): Promise<SimResponse> {
    const params = paramsOf(request);
    params.delete('access_token');
    checkParams(params);
    const container: ThreadsContainer = {
      id: world.snowflake().slice(0, 17),
      account,
      params,
      createdAt: world.clock.now(),
      bytes: 0,
      sha256: '',
    };
    while (containers.has(container.id)) container.id = (BigInt(container.id) + 1n).toString();
    if (quirks.crawlAfterMs === 0 || quirks.fetchFails === 'at-once') {
      const found = await crawl(world, params.get('video_url') ?? '');
      if ('fault' in found && found.fault !== 'not-a-video' && quirks.fetchFails === 'at-once')
        throw graphError(1, 'The media could not be fetched from this URI.', { subcode: 2207052 });
      keep(container, found);
    }
    containers.set(container.id, container);
    return { status: 200, body: { id: container.id } };
  }

  function checkParams(params: URLSearchParams): void {
    for (const name of params.keys()) {
      if (!known.includes(name)) world.complain('threads', `POST threads got ${name}, which it doesn’t know`);
    }
    const refuse = (message: string) => graphError(100, message, { type: 'THApiException' });
    if (params.get('media_type') !== 'VIDEO')
      throw refuse('Param media_type must be one of {TEXT, IMAGE, VIDEO}');
    if (!params.get('video_url')) throw refuse('The parameter video_url is required');
    if (!replyControls.includes(params.get('reply_control') ?? 'everyone'))
      throw refuse('Param reply_control must be one of its values');
    if (!['true', 'false'].includes(params.get('is_spoiler_media') ?? 'false'))
      throw refuse('Param is_spoiler_media must be a boolean');
    if ((params.get('alt_text') ?? '').length > 1000)
      throw refuse('Param alt_text must be at most 1000 characters long.');
    if (params.has('text') && params.get('text') === '') throw refuse("text can't be blank");
    checkThreadsText(params.get('text') ?? '');
    checkTopic(params.get('topic_tag'));
  }

  function keep(container: ThreadsContainer, found: Crawled): void {
    container.fetchedAt = world.clock.now();
    if ('fault' in found) {
      container.error = quirks.fetchFails === 'at-once' ? 'FAILED_DOWNLOADING_VIDEO' : quirks.fetchFails;
      return;
    }
    container.bytes = found.bytes.length;
    container.sha256 = world.keepMedia(found.bytes);
    const wrong = wrongWith(found.bytes);
    if (wrong !== undefined) container.error = wrong;
  }

  async function statusOf(container: ThreadsContainer): Promise<ThreadsStatus> {
    const now = world.clock.now();
    if (container.mediaId !== undefined) return 'PUBLISHED';
    if (now - container.createdAt >= DAY) return 'EXPIRED';
    if (container.fetchedAt === undefined) {
      if (now - container.createdAt < quirks.crawlAfterMs) return 'IN_PROGRESS';
      keep(container, await crawl(world, container.params.get('video_url') ?? ''));
    }
    if (now - (container.fetchedAt ?? now) < quirks.processingMs) return 'IN_PROGRESS';
    // What processing found stays found.
    if (quirks.processingError !== '') container.error ??= quirks.processingError;
    return container.error === undefined ? 'FINISHED' : 'ERROR';
  }

  return {
    create,
    find: (id) => containers.get(id),
    statusOf,
    all: () => [...containers.values()],
  };
}

/** What Threads finds in the file itself. https://developers.facebook.com/documentation/threads/posts */
function wrongWith(bytes: Buffer): string | undefined {
  const { seconds, width, height } = declaredFacts(bytes);
  if (bytes.length > GIGABYTE) return 'FAILED_PROCESSING_VIDEO';
  if (seconds !== undefined && (seconds <= 0 || seconds > 300)) return 'INVALID_DURATION';
  if (width !== undefined && height !== undefined && (width / height > 10 || width / height < 0.01))
    // Meta's spelling.
    return 'INVALID_ASPEC_RATIO';
  return undefined;
}
