import { MINUTE, SECOND } from '../core/clock.ts';
import { creatorOf, type Plan, type PostWish } from './tiktok-post-rules.ts';
import type { TiktokQuirks } from './tiktok-quirks.ts';
import type { TiktokVideo, TiktokVideos } from './tiktok-videos.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

export const uploadOrigin = 'https://open-upload.tiktokapis.com';

export interface Upload {
  /** `publish_id`. */
  id: string;
  kind: 'direct' | 'draft';
  accountId: string;
  openId: string;
  plan: Plan;
  wish: PostWish | undefined;
  token: string;
  openedAt: number;
  bytes: Buffer;
  state: 'upload' | 'processing' | 'inbox' | 'complete' | 'failed';
  failReason?: string;
  /** When the last byte came. */
  finishedAt?: number;
  /** When it was published. */
  publishedAt?: number;
  video?: TiktokVideo;
}

export interface Uploads {
  open(what: Pick<Upload, 'kind' | 'accountId' | 'openId' | 'plan' | 'wish'>): Upload;
  address(upload: Upload): string;
  find(id: string): Upload | undefined;
  of(accountId: string): Upload[];
  all(): Upload[];
  /** True once strangers may see it and its id is told. */
  moderated(upload: Upload): boolean;
  /** Brings everything to where time has brought it. */
  settle(): void;
  /** A PUT to an upload's address. */
  receive(request: SimRequest): SimResponse;
  /** The person posts a draft from the inbox, or throws it away. */
  decideDraft(id: string, decision: { caption?: string; private?: boolean } | 'discard'): Upload;
}

interface Pieces {
  world: World;
  quirks: TiktokQuirks;
  videos: TiktokVideos;
}

export function createUploads(pieces: Pieces): Uploads {
  const { world, quirks, videos } = pieces;
  const uploads: Upload[] = [];

  function settle(): void {
    const now = world.clock.now();
    for (const upload of uploads) {
      const { finishedAt, state, video } = upload;
      if (state !== 'processing' || finishedAt === undefined || !video) continue;
      if (now < finishedAt + quirks.processingSeconds * SECOND) continue;
      if (upload.failReason !== undefined) {
        upload.state = 'failed';
        video.deleted = true;
      } else if (upload.kind === 'draft') {
        upload.state = 'inbox';
      } else {
        upload.state = 'complete';
        upload.publishedAt = finishedAt + quirks.processingSeconds * SECOND;
        video.public = upload.wish?.privacy === 'PUBLIC_TO_EVERYONE';
      }
    }
  }

  return {
    all: () => uploads,
    of: (accountId) => uploads.filter((upload) => upload.accountId === accountId),
    find: (id) => uploads.find((upload) => upload.id === id),
    settle,
    address: ({ id, token }) =>
      `${uploadOrigin}/video/?upload_id=${id.replace(/\D/gu, '')}&upload_token=${token}`,
    moderated: ({ publishedAt }) =>
      publishedAt !== undefined && world.clock.now() >= publishedAt + quirks.moderationSeconds * SECOND,
    open(what) {
      const name = what.kind === 'direct' ? 'v_pub_file' : 'v_inbox_file';
      const upload: Upload = {
        ...what,
        id: `${name}~v2-1.${world.snowflake()}`,
        token: world.token('', 40),
        openedAt: world.clock.now(),
        bytes: Buffer.alloc(0),
        state: 'upload',
      };
      uploads.push(upload);
      return upload;
    },
    receive(request) {
      const token = request.query.get('upload_token');
      const upload = uploads.find((one) => one.token === token);
      return receive(pieces, upload, request);
    },
    decideDraft(id, decision) {
      const upload = uploads.find((one) => one.id === id);
      if (upload?.state !== 'inbox' || !upload.video) throw new Error(`no draft ${id} is in the inbox`);
      if (decision === 'discard') {
        upload.state = 'failed';
        upload.failReason = 'publish_cancelled';
        upload.video.deleted = true;
        return upload;
      }
      upload.state = 'complete';
      upload.publishedAt = world.clock.now();
      Object.assign(upload.video, {
        caption: decision.caption ?? '',
        public: decision.private !== true,
        createTime: Math.floor(world.clock.now() / SECOND),
        listedAt: world.clock.now(),
      });
      return upload;
    },
  };

  function receive(here: Pieces, upload: Upload | undefined, request: SimRequest): SimResponse {
    if (request.method !== 'PUT') return { status: 405 };
    // The address is the credential; whoever sends the account's token there gives it away.
    if (request.headers['authorization'] !== undefined)
      world.complain('tiktok', 'the account’s token was sent to an upload address');
    if (!upload) return { status: 404 };
    if (upload.state !== 'upload')
      return here.quirks.finishedUploadGone ? { status: 404 } : outOfStep(upload);
    if (world.clock.now() >= upload.openedAt + quirks.uploadMinutes * MINUTE) return { status: 403 };
    if (!/^video\/(mp4|quicktime|webm)$/u.test(request.headers['content-type'] ?? '')) return { status: 400 };
    return take(upload, request);
  }

  function take(upload: Upload, request: SimRequest): SimResponse {
    const [, from, to, total] =
      /^bytes (\d+)-(\d+)\/(\d+)$/u.exec(request.headers['content-range'] ?? '')?.map(Number) ?? [];
    const { plan, bytes } = upload;
    if (from === undefined || to === undefined || total !== plan.size) return { status: 400 };
    if (to - from + 1 !== request.body.length) return { status: 400 };
    if (from !== bytes.length) return outOfStep(upload);
    const index = Math.floor(from / plan.chunkSize);
    const end = index >= plan.count - 1 ? plan.size : (index + 1) * plan.chunkSize;
    if (from % plan.chunkSize !== 0 || to + 1 !== end) {
      world.complain('tiktok', `a chunk ${from}-${to} that is none of the plan`);
      return { status: 400 };
    }
    upload.bytes = Buffer.concat([bytes, request.body]);
    if (upload.bytes.length < plan.size) return { status: 206, headers: progress(upload) };
    finish(upload);
    return { status: 201, headers: progress(upload) };
  }

  function finish(upload: Upload): void {
    const seconds = secondsOf(upload.bytes);
    upload.state = 'processing';
    upload.finishedAt = world.clock.now();
    upload.video = videos.post(
      upload.accountId,
      {
        caption: upload.wish?.title ?? '',
        aiGenerated: upload.wish?.aiGenerated ?? false,
        coverMs: upload.wish?.coverMs ?? 0,
        ...(seconds === undefined ? {} : { durationSeconds: Math.round(seconds) }),
      },
      upload.bytes,
    );
    const { maxSeconds } = creatorOf(videos.account(upload.accountId), quirks);
    if (quirks.failTimes > 0) {
      quirks.failTimes -= 1;
      upload.failReason = quirks.failReason;
    } else if (seconds !== undefined && seconds > maxSeconds) {
      upload.failReason = 'duration_check_failed';
    }
  }
}

function outOfStep(upload: Upload): SimResponse {
  return { status: 416, headers: progress(upload) };
}

function progress({ bytes, plan }: Upload): Record<string, string> {
  return { 'content-range': `bytes 0-${bytes.length}/${plan.size}` };
}

/** What the file's own header says, where it has one. */
function secondsOf(bytes: Buffer): number | undefined {
  const at = bytes.indexOf('mvhd');
  if (at < 0 || at + 24 > bytes.length) return undefined;
  const scale = bytes.readUInt32BE(at + 16);
  return scale > 0 ? bytes.readUInt32BE(at + 20) / scale : undefined;
}
