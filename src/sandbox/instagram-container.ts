import { crawl } from './crawler.ts';
import type { Holder } from './meta-access.ts';
import { graphError, paramsOf, tokenOf } from './meta-graph.ts';
import type { MetaQuirks } from './meta-quirks.ts';
import type { Receiver } from './meta-rupload.ts';
import { debugInfo } from './meta-rupload.ts';
import type { SimAccount, SimRequest, SimResponse, World } from './types.ts';

const DAY = 86_400_000;

export interface Container {
  id: string;
  account: SimAccount;
  appId: string;
  /** Whose token made it: the bytes must come with the same. */
  madeBy: string;
  params: URLSearchParams;
  resumable: boolean;
  createdAt: number;
  size?: number;
  received: number;
  chunks: Buffer[];
  /** When all bytes were there. */
  completeAt?: number;
  sha256: string;
  /** Number of Meta’s list: it failed. */
  error?: string;
  mediaId?: string;
}

type ContainerStatus = 'IN_PROGRESS' | 'FINISHED' | 'ERROR' | 'EXPIRED' | 'PUBLISHED';

/** What each edge takes. https://developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference/ig-user/media */
const known: Readonly<Record<string, readonly string[]>> = {
  media: [
    'media_type',
    'video_url',
    'upload_type',
    'caption',
    'share_to_feed',
    'thumb_offset',
    'cover_url',
    'audio_name',
    'collaborators',
    'user_tags',
    'location_id',
    'trial_params',
    'is_ai_generated',
  ],
  media_publish: ['creation_id'],
};

export interface Containers {
  create(request: SimRequest, account: SimAccount, holder: Holder): Promise<SimResponse>;
  find(id: string): Container | undefined;
  stateOf(container: Container): ContainerStatus;
  checkParams(edge: string, params: URLSearchParams): void;
  receiver(id: string): Receiver | undefined;
  all(): readonly Container[];
}

export function createContainers(world: World, quirks: MetaQuirks): Containers {
  const containers = new Map<string, Container>();

  function checkParams(edge: string, params: URLSearchParams): void {
    for (const name of params.keys()) {
      if (name !== 'access_token' && !known[edge]?.includes(name))
        world.complain('instagram', `POST ${edge} got ${name}, which it doesn’t know`);
    }
  }

  async function create(request: SimRequest, account: SimAccount, holder: Holder): Promise<SimResponse> {
    const params = paramsOf(request);
    checkParams('media', params);
    checkCaption(params.get('caption') ?? '');
    checkValues(params);
    // On graph.instagram.com the parameter is ignored without a word.
    const resumable =
      params.get('upload_type') === 'resumable' && request.origin === 'https://graph.facebook.com';
    const videoUrl = params.get('video_url');
    if (!resumable && videoUrl === null)
      throw graphError(100, 'The parameter video_url is required', { type: 'IGApiException' });
    if (madeToday(account) >= quirks.containerTotal)
      throw graphError(613, '(#613) Calls to this api have exceeded the rate limit.');
    const container: Container = {
      id: world.snowflake().slice(0, 18),
      account,
      appId: holder.appId,
      madeBy: tokenOf(request) ?? '',
      params,
      resumable,
      createdAt: world.clock.now(),
      received: 0,
      chunks: [],
      sha256: '',
    };
    while (containers.has(container.id)) container.id = (BigInt(container.id) + 1n).toString();
    if (videoUrl !== null && !resumable) await crawlInto(container, videoUrl);
    containers.set(container.id, container);
    if (!resumable) return { status: 200, body: { id: container.id } };
    const uri = quirks.uploadAddress || `https://rupload.facebook.com/ig-api-upload/v26.0/${container.id}`;
    return { status: 200, body: { id: container.id, ...(uri === 'none' ? {} : { uri }) } };
  }

  function madeToday(account: SimAccount): number {
    const since = world.clock.now() - DAY;
    return [...containers.values()].filter((one) => one.account.id === account.id && one.createdAt > since)
      .length;
  }

  /** A file whose fate a test has not set is really fetched. */
  async function crawlInto(container: Container, address: string): Promise<void> {
    if (quirks.hosted[address] || !/^[\u0021-\u007e]+$/u.test(address))
      return fetchInto(container, address, true);
    const found = await crawl(world, address);
    if ('bytes' in found) return complete(container, found.bytes);
    if (found.fault !== 'not-a-video' && found.fault !== 'no-ranges') throw couldNotFetch();
    container.error = found.fault === 'not-a-video' ? '2207077' : '2207076';
  }

  /** Meta’s crawler: one try at creation, and the file’s content is judged later. */
  function fetchInto(container: Container, address: string, atOnce: boolean): void {
    const found = quirks.hosted[address];
    if (!/^[\u0021-\u007e]+$/u.test(address)) throw graphError(100, '(#100) video_url must be a valid URL');
    if (found && 'bytes' in found) {
      if (found.slow && atOnce) throw couldNotFetch();
      complete(container, Buffer.from(found.bytes, 'base64'));
      return;
    }
    const why = found?.fails ?? 'missing';
    if (atOnce && why !== 'html' && why !== 'no-range') throw couldNotFetch();
    container.error = why === 'html' ? '2207077' : '2207076';
  }

  function complete(container: Container, bytes: Buffer): void {
    container.received = bytes.length;
    container.sha256 = world.keepMedia(bytes);
    container.chunks = [];
    container.completeAt = world.clock.now();
  }

  function stateOf(container: Container): ContainerStatus {
    const now = world.clock.now();
    if (container.mediaId !== undefined) return 'PUBLISHED';
    if (now - container.createdAt >= DAY) return 'EXPIRED';
    if (container.completeAt !== undefined && now - container.completeAt >= quirks.processingMs) {
      // What processing found stays found.
      if (quirks.processingError !== '' && container.error === undefined)
        container.error = quirks.processingError;
      return container.error === undefined ? 'FINISHED' : 'ERROR';
    }
    return container.error === undefined ? 'IN_PROGRESS' : 'ERROR';
  }

  function receiver(id: string): Receiver | undefined {
    const container = containers.get(id);
    if (!container?.resumable) return undefined;
    return {
      received: () => container.received,
      mayReceive: (holder) =>
        holder.appId === container.appId &&
        holder.pages.some(({ instagram }) => instagram?.id === container.account.id),
      setSize(bytes) {
        container.size ??= bytes;
        return container.size === bytes;
      },
      append(bytes) {
        container.chunks.push(Buffer.from(bytes));
        container.received += bytes.length;
      },
      finish: () => complete(container, Buffer.concat(container.chunks)),
      open: () => container.completeAt === undefined && stateOf(container) === 'IN_PROGRESS',
      refusesForNoReason() {
        if (quirks.uploadRefusals <= 0) return false;
        quirks.uploadRefusals -= 1;
        return true;
      },
      fetch(address) {
        fetchInto(container, address, false);
        return container.error === undefined
          ? { status: 200, body: { success: true, message: 'Upload successful.' } }
          : debugInfo(400, 'ProcessingFailedError', 'Request processing failed', false);
      },
    };
  }

  return {
    create,
    find: (id) => containers.get(id),
    stateOf,
    checkParams,
    receiver,
    all: () => [...containers.values()],
  };
}

function couldNotFetch() {
  return graphError(9004, 'Only photo or video can be accepted as media type.', { subcode: 2207052 });
}

function checkCaption(caption: string): void {
  const count = (sign: string) => caption.split(sign).length - 1;
  if ([...caption].length > 2200 || count('#') > 30)
    throw graphError(36004, 'The caption was too long.', { subcode: 2207010 });
  if (count('@') > 20) throw graphError(100, 'Too many tags.', { subcode: 2207040 });
}

function checkValues(params: URLSearchParams): void {
  if (params.get('media_type') !== 'REELS')
    throw graphError(100, `Unknown media type ${params.get('media_type') ?? ''}`, { subcode: 2207023 });
  for (const name of ['share_to_feed', 'is_ai_generated']) {
    if (!['true', 'false', null].includes(params.get(name)))
      throw graphError(100, `(#100) Param ${name} must be a boolean`);
  }
  const thumb = params.get('thumb_offset');
  if (thumb !== null && !/^\d+$/u.test(thumb))
    throw graphError(1, 'The thumbnail offset is wrong.', { subcode: 2207057 });
  const trial = params.get('trial_params');
  if (trial !== null && !/"graduation_strategy":"(MANUAL|SS_PERFORMANCE)"/u.test(trial))
    throw graphError(100, '(#100) Param trial_params is invalid');
}

const sayings: Readonly<Record<ContainerStatus, string>> = {
  IN_PROGRESS: 'In Progress: Media is still being processed.',
  FINISHED: 'Finished: Media has been uploaded and it is ready to be published.',
  PUBLISHED: 'Published: Media has been successfully published.',
  EXPIRED: 'Expired: The container was not published within 24 hours and has expired.',
  ERROR: 'Error: Media upload has failed with error code ',
};

/** The container as it reads: no field names the published media. */
export function containerNode(
  container: Container,
  containers: Pick<Containers, 'stateOf'>,
  quirks: MetaQuirks,
  origin: string,
): Record<string, unknown> {
  const state = containers.stateOf(container);
  const silent = quirks.statusMissing > 0;
  if (silent) quirks.statusMissing -= 1;
  return {
    id: container.id,
    status_code: silent ? undefined : state,
    status: `${sayings[state]}${state === 'ERROR' ? (container.error ?? '') : ''}`,
    ...(origin === 'https://graph.facebook.com' ? facebookOnly(container, state) : {}),
  };
}

/** Fields that a container has on graph.facebook.com alone. */
function facebookOnly(container: Container, state: ContainerStatus): Record<string, unknown> {
  const arrived = container.completeAt !== undefined;
  const processing =
    state === 'ERROR'
      ? 'error'
      : !arrived
        ? 'not_started'
        : state === 'IN_PROGRESS'
          ? 'in_progress'
          : 'complete';
  return {
    video_status: {
      uploading_phase: {
        status: arrived ? 'complete' : container.received > 0 ? 'in_progress' : 'not_started',
        bytes_transferred: container.received,
        ...(container.size === undefined ? {} : { source_file_size: container.size }),
      },
      processing_phase: {
        status: processing,
        ...(state === 'ERROR' ? { errors: [{ code: Number(container.error), message: 'failed' }] } : {}),
      },
    },
    copyright_check_status: { status: 'completed', matches_found: false },
  };
}
