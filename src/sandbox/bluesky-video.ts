import { DAY } from '../core/clock.ts';
import type { Access, ServiceToken } from './bluesky-access.ts';
import { Refusal } from './bluesky-answers.ts';
import type { Network } from './bluesky-network.ts';
import { hostDid, video } from './bluesky-network.ts';
import type { BlueskyQuirks } from './bluesky-quirks.ts';
import type { KeptBlob, Repo } from './bluesky-repo.ts';
import { bearerOf } from './oauth.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

interface Job {
  id: string;
  did: string;
  bytes: Buffer;
  /** Lets the service write into the account's server. */
  token: ServiceToken;
  startedAt: number;
  outcome: string;
  blob?: KeptBlob;
  failure?: string;
}

export interface VideoService {
  handle(request: SimRequest): SimResponse;
  forget(): void;
  jobs(): readonly { id: string; did: string; state: string }[];
}

const types = ['video/mp4', 'video/quicktime', 'video/webm', 'video/mpeg', 'image/gif'];
const MAX_BYTES = 300_000_000;

/** Takes files, makes them ready, and writes them into the account's server by the token that came with them. */
export function createVideoService(parts: {
  world: World;
  quirks: BlueskyQuirks;
  network: Network;
  access: Access;
  repo: Repo;
}): VideoService {
  const { world, quirks, network, access, repo } = parts;
  const jobs: Job[] = [];

  function uploads(did: string): { count: number; bytes: number } {
    const today = jobs.filter((job) => job.did === did && job.startedAt > world.clock.now() - DAY);
    return { count: today.length, bytes: today.reduce((sum, job) => sum + job.bytes.length, 0) };
  }

  /** Why this account may send nothing now; undefined where it may. */
  function obstacle(did: string, size = 0): { error: string; message: string } | undefined {
    if (quirks.uploadRefusal !== '') return { error: 'upload_forbidden', message: quirks.uploadRefusal };
    if (!quirks.emailConfirmed)
      return { error: 'unconfirmed_email', message: 'Confirm your email address to upload videos' };
    const used = uploads(did);
    if (used.count >= quirks.videosPerDay)
      return { error: 'daily_limit', message: 'User has exceeded daily upload videos limit' };
    if (used.bytes + size > quirks.bytesPerDay)
      return { error: 'daily_limit', message: 'User has exceeded daily upload bytes limit' };
    if (size > MAX_BYTES)
      return {
        error: 'too_large',
        message: `file size (${size} bytes) is larger than the maximum allowed size (${MAX_BYTES} bytes)`,
      };
    return undefined;
  }

  function holder(request: SimRequest, lxm: string): ServiceToken | undefined {
    const token = access.serviceToken(bearerOf(request));
    return token && token.exp * 1000 > world.clock.now() && token.lxm === lxm ? token : undefined;
  }

  const unauthorized = {
    status: 401,
    body: { error: 'unauthorized', message: 'could not verify the token' },
  };
  const noProfile = {
    status: 401,
    body: { error: 'profile_not_found', message: 'Profile not found', canUpload: false },
  };

  function limits(request: SimRequest): SimResponse {
    const token = holder(request, 'app.bsky.video.getUploadLimits');
    if (!token || token.aud !== hostDid(video)) return unauthorized;
    if (!quirks.profileFound) return noProfile;
    const trouble = obstacle(token.iss);
    if (trouble) return { status: 200, body: { canUpload: false, ...trouble } };
    const used = uploads(token.iss);
    const remaining = {
      remainingDailyVideos: Math.max(0, quirks.videosPerDay - used.count),
      remainingDailyBytes: Math.max(0, quirks.bytesPerDay - used.bytes),
    };
    return { status: 200, body: { canUpload: true, ...(quirks.tellsRemaining ? remaining : {}) } };
  }

  function upload(request: SimRequest): SimResponse {
    const did = request.query.get('did') ?? '';
    const token = holder(request, 'com.atproto.repo.uploadBlob');
    if (!token || token.iss !== did) return unauthorized;
    if (!quirks.profileFound) return noProfile;
    if (!types.includes(request.headers['content-type'] ?? ''))
      return { status: 400, body: { error: 'invalid_content_type', message: 'unsupported content type' } };
    if (!request.query.get('name'))
      return { status: 400, body: { error: 'invalid_name', message: 'name is required' } };
    if (!request.complete) return { status: 400, body: { error: 'incomplete', message: 'unexpected EOF' } };
    const same = jobs.find(
      (job) =>
        job.did === did &&
        job.bytes.equals(request.body) &&
        stateOf(job) !== 'JOB_STATE_FAILED' &&
        job.outcome !== 'lost',
    );
    if (same) {
      const { blob: _, ...status } = statusOf(same);
      const known = quirks.knownWithBlob ? statusOf(same) : status;
      return { status: 409, body: { ...known, error: 'already_exists', message: 'Video already processed' } };
    }
    const trouble = obstacle(did, request.body.length);
    // The one refusal that is wrapped as the description says, and names nothing.
    if (trouble?.error === 'unconfirmed_email')
      return {
        status: 200,
        body: { jobStatus: { did: '', jobId: '', state: '', error: 'unconfirmed_email' } },
      };
    if (trouble) return { status: 400, body: { did: '', jobId: '', state: '', ...trouble } };
    const job: Job = {
      id: world.token('', 20).toLowerCase(),
      did,
      bytes: Buffer.from(request.body),
      token,
      startedAt: world.clock.now(),
      outcome: quirks.jobOutcome,
    };
    jobs.push(job);
    const status = { jobId: job.id, did, state: 'JOB_STATE_CREATED' };
    return { status: 200, body: quirks.wrapsUpload ? { jobStatus: status } : status };
  }

  /** The service works on by itself; what became of it is worked out when somebody asks. */
  function settle(job: Job): void {
    const doneAt = job.startedAt + quirks.processingMs;
    if (job.blob || job.failure !== undefined || world.clock.now() < doneAt || job.outcome === 'stuck')
      return;
    if (job.outcome.startsWith('failed:')) {
      job.failure = job.outcome.slice('failed:'.length);
      return;
    }
    const resident = network.find(job.did);
    const { aud, exp } = job.token;
    if (!resident || aud !== hostDid(resident.pds) || exp * 1000 <= doneAt) {
      job.failure = 'pds_upload_failure';
      return;
    }
    try {
      // Made ready, the bytes are others: so is the blob.
      const ready = Buffer.concat([job.bytes, Buffer.from('ready to be played')]);
      job.blob = repo.keep(resident, ready, 'video/mp4', job.bytes);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      job.failure = error.response.status === 413 ? 'pds_upload_unsupported_blob_size' : 'pds_upload_failure';
    }
  }

  function stateOf(job: Job): string {
    settle(job);
    if (job.blob) return 'JOB_STATE_COMPLETED';
    if (job.failure !== undefined) return 'JOB_STATE_FAILED';
    const share = (world.clock.now() - job.startedAt) / Math.max(1, quirks.processingMs);
    const at = Math.min(states.length - 1, Math.max(0, Math.floor(share * states.length)));
    return `JOB_STATE_${states[at]}`;
  }

  function statusOf(job: Job): Record<string, unknown> {
    const state = stateOf(job);
    const share = (world.clock.now() - job.startedAt) / Math.max(1, quirks.processingMs);
    const base = { jobId: job.id, did: job.did, state };
    if (job.failure !== undefined)
      return {
        ...base,
        error: `video processing error for job: ${job.id}`,
        failureCode: job.failure,
        message: 'Failed to process video',
      };
    if (!job.blob) return { ...base, progress: Math.max(0, Math.min(99, Math.floor(share * 100))) };
    const { cid, mimeType, size } = job.blob;
    return { ...base, progress: 100, blob: { $type: 'blob', ref: { $link: cid }, mimeType, size } };
  }

  return {
    forget: () => {
      jobs.length = 0;
    },
    jobs: () => jobs.map((job) => ({ id: job.id, did: job.did, state: stateOf(job) })),
    handle(request) {
      if (!quirks.videoService) return { status: 404, body: '404 page not found' };
      switch (`${request.method} ${request.path}`) {
        case 'GET /xrpc/app.bsky.video.getUploadLimits':
          return limits(request);
        case 'POST /xrpc/app.bsky.video.uploadVideo':
          return upload(request);
        case 'GET /xrpc/app.bsky.video.getJobStatus': {
          const job = jobs.find(({ id }) => id === request.query.get('jobId'));
          if (!job || job.outcome === 'lost')
            return { status: 400, body: { error: 'InvalidRequest', message: 'job not found' } };
          return { status: 200, body: { jobStatus: statusOf(job) } };
        }
        default:
          world.complain('bluesky', `the video service has no ${request.method} ${request.path}`);
          return { status: 501, body: { error: 'MethodNotImplemented', message: 'Method Not Implemented' } };
      }
    },
  };
}

/** On the way; unknown words may come at any time. */
const states = ['CREATED', 'ENCODING', 'ENCODING', 'ENCODED', 'SCANNING', 'SCANNED', 'UPLOADING', 'UPLOADED'];
