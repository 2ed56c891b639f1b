import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Account, App, Grant, Identity } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import type { Http } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import type { MediaFile } from '../../src/core/media.ts';
import type { OAuthSignIn, PublishRequest } from '../../src/core/platform.ts';
import type { Video } from '../../src/core/video.ts';
import type { PlainHttp } from '../../src/net/http.ts';
import { mastodon } from '../../src/platforms/mastodon.ts';
import { createMastodon } from '../../src/sandbox/mastodon.ts';
import type { MastodonQuirks } from '../../src/sandbox/mastodon-quirks.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { inProcessHttp, inProcessPlainHttp } from './in-process.ts';
import { type DriveOptions, driveJob, type Outcome } from './memory-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'repost-mastodon-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const redirectUri = 'http://127.0.0.1:53412/callback';
/** Own vector: its challenge was computed with `printf … | openssl dgst -sha256 -binary | basenc --base64url`. */
export const verifier = 'repost-pkce-vector-0123456789-ABCDEFGHIJKLMN._~';
export const challenge = '2FeeIJU4O0WrnvnmpfuVKGnym9l7aHg_q_DtMFD4_Bw';

export const signIn = mastodon.signIn as OAuthSignIn;

export type Job = Omit<PublishRequest, 'run' | 'clock' | 'progress'> &
  Partial<Pick<PublishRequest, 'progress'>>;

type Changes = Partial<MastodonQuirks> & { server?: string };

/** The simulated servers, and what a test needs to act on them. */
export interface Stage {
  clock: TestClock;
  sandbox: Sandbox;
  plain: PlainHttp;
  /** Every request that reached a server, oldest first. */
  requests: SimRequest[];
  quirks(change: Changes): Promise<unknown>;
  pull(lever: string, input?: unknown): Promise<unknown>;
  prepare(change?: { at?: string; loginHint?: string; app?: App; redirectUri?: string }): Promise<App>;
  consent(app: App, choice?: Choice, redirectUri?: string): Promise<URLSearchParams>;
  exchange(app: App, callback: URLSearchParams, change?: { verifier?: string }): Promise<Grant>;
  login(options?: { at?: string; choice?: Choice }): Promise<SignedIn>;
}

export interface SignedIn {
  app: App;
  grant: Grant;
  identity: Identity;
  account: Account;
  http: Http;
  readings: LimitReading[];
  request(change?: Partial<Job>): Job;
  /** Runs a job until it ends. */
  drive(options?: DriveOptions & { job?: Partial<Job> }): Promise<Outcome>;
}

export function openStage(): Stage {
  const clock = new TestClock();
  const made = createSandbox({ clock, seed: 7, simulators: [createMastodon] });
  const requests: SimRequest[] = [];
  const sandbox: Sandbox = {
    ...made,
    dispatch: (request) => {
      requests.push(request);
      return made.dispatch(request);
    },
  };
  const plain = inProcessPlainHttp(sandbox, mastodon);
  const stage: Stage = {
    clock,
    sandbox,
    plain,
    requests,
    quirks: (change) => sandbox.control('mastodon', 'quirks', change),
    pull: (lever, input) => sandbox.control('mastodon', lever, input),
    async prepare(change = { at: 'mastodon.social' }) {
      const asked = { redirectUri, state: 'state-1', challenge, scopes: signIn.scopes };
      return (await signIn.prepare!({ http: plain, clock, ...asked, ...change })).app;
    },
    async consent(app, choice = {}, uri = redirectUri) {
      const { scopes } = signIn;
      const url = signIn.authorizeUrl({ app, redirectUri: uri, state: 'state-1', challenge, scopes });
      return new URL((await approveWithin(sandbox, url, choice)).redirectedTo).searchParams;
    },
    exchange: (app, callback, change = {}) =>
      signIn.exchange({
        http: plain,
        app,
        clock,
        code: callback.get('code') ?? '',
        redirectUri,
        verifier,
        callback,
        ...change,
      }),
    login: (options) => login(stage, options),
  };
  return stage;
}

async function login(stage: Stage, { at = 'mastodon.social', choice = {} } = {}): Promise<SignedIn> {
  const { clock, plain, sandbox } = stage;
  const app = await stage.prepare({ at });
  const grant = await stage.exchange(app, await stage.consent(app, choice));
  const [identity] = await mastodon.identities({ http: plain.carrying(mastodon, grant), grant, app, clock });
  const account = accountOf(identity!, grant);
  const readings: LimitReading[] = [];
  const http = inProcessHttp(sandbox, {
    service: mastodon,
    grant,
    learned: (more) => readings.push(...more),
  });
  const request = (change: Partial<Job> = {}): Job => ({
    http,
    account,
    video,
    media: mediaFile(5000),
    text: textOf(video.caption, {}, account.settings),
    options: {},
    ...change,
  });
  return {
    app,
    grant,
    identity: identity!,
    account,
    http,
    readings,
    request,
    drive: ({ job, ...options } = {}) => driveJob(mastodon, request(job), clock, options),
  };
}

export function accountOf(identity: Identity, grant: Grant): Account {
  return {
    id: 1,
    platform: 'mastodon',
    account: `mastodon:${identity.handle}`,
    handle: identity.handle,
    name: identity.name,
    remoteId: identity.remoteId,
    user: 'me',
    status: 'ok',
    scopes: grant.scopes,
    paused: false,
    settings: identity.settings ?? {},
    createdAt: 0,
    updatedAt: 0,
  };
}

export const video: Video = {
  id: 7,
  sourceId: 1,
  remoteId: '7575000000000000123',
  url: 'https://www.tiktok.com/@creator/video/7575000000000000123',
  caption: 'Salt & <pepper> on the stove\n\nsee https://www.tiktok.com/@creator #food',
  publishedAt: Date.UTC(2026, 10, 22, 11, 59),
  seenAt: Date.UTC(2026, 10, 22, 11, 59, 30),
  kind: 'video',
  facts: {},
  state: 'public',
};

export const textOf = (
  caption: string,
  options: Record<string, unknown> = {},
  accountSettings: Readonly<Record<string, unknown>> = {},
) => mastodon.fit({ caption, url: video.url, options, accountSettings });

/** A file of this many bytes that begins as an MP4 does and states its picture's size in a track header. */
export function mediaFile(bytes: number, change: Partial<MediaFile> = {}): MediaFile {
  const { width = 1080, height = 1920 } = change;
  const path = join(folder, `${bytes}-${width}-${height}.mp4`);
  const content = Buffer.alloc(bytes, `video of ${bytes} bytes.`);
  content.write('\0\0\0\u0018ftypisom', 0, 'latin1');
  const header = Buffer.alloc(88);
  header.write('tkhd', 0);
  header.writeUInt16BE(width, 80);
  header.writeUInt16BE(height, 84);
  header.copy(content, 100);
  writeFileSync(path, content);
  return {
    path,
    sha256: createHash('sha256').update(content).digest('hex'),
    mimeType: 'video/mp4',
    container: 'mp4',
    bytes,
    durationMs: 15_000,
    width,
    height,
    videoCodec: 'h264',
    audioCodec: 'aac',
    frameRate: 30,
    ...change,
  };
}

export const postsOf = ({ sandbox }: Stage) => sandbox.posts();
/** How often a call of this method and path reached a server. */
export const countOf = ({ requests }: Stage, method: string, path: RegExp) =>
  requests.filter((request) => request.method === method && path.test(request.path)).length;
export const sendings = (stage: Stage) => countOf(stage, 'POST', /\/statuses$/u);
export const uploads = (stage: Stage) => countOf(stage, 'POST', /\/media$/u);
