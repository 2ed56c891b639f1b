import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { Account, App, Grant, Identity } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import type { Http } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import type { MediaFile } from '../../src/core/media.ts';
import type { OAuthSignIn, PublishRequest, TokenSignIn } from '../../src/core/platform.ts';
import type { Video } from '../../src/core/video.ts';
import type { PlainHttp } from '../../src/net/http.ts';
import { challengeOf, newVerifier } from '../../src/net/pkce.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { createBluesky } from '../../src/sandbox/bluesky.ts';
import { firstAppPassword } from '../../src/sandbox/bluesky-sessions.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { inProcessHttp, inProcessPlainHttp } from './in-process.ts';
import { type DriveOptions, driveJob, type Outcome } from './memory-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'repost-bluesky-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const signIn = bluesky.signIn as OAuthSignIn;
export const appPassword = bluesky.otherSignIns?.['app-password'] as TokenSignIn;
export const redirectUri = 'http://127.0.0.1:51000/callback';
export const home = 'https://morel.us-east.host.bsky.network';
export const self = 'https://pds.example.org';

/** The simulated Bluesky, and what a test needs to act on it. */
export interface Stage {
  clock: TestClock;
  sandbox: Sandbox;
  plain: PlainHttp;
  /** Every request that reached the simulator, oldest first. */
  requests: SimRequest[];
  /** The sign-in in the browser, with the button pressed. */
  consent(options?: ConsentOptions): Promise<{ grant: Grant; app: App }>;
  /** Signs in and keeps the account: in the browser, or by an app password. */
  login(way?: 'browser' | 'password', handle?: string): Promise<SignedIn>;
  quirks(quirks: object): Promise<unknown>;
  pull(lever: string, input?: unknown): Promise<unknown>;
  /** Requests of one XRPC method. */
  sent(method: string): SimRequest[];
  /** Runs something right before the n-th request of an XRPC method is answered. */
  justBefore(method: string, work: () => unknown, nth?: number): void;
  expectOnePost(outcome: Outcome): void;
}

export interface ConsentOptions {
  at?: string;
  loginHint?: string;
  choice?: Choice;
  redirectUri?: string;
}

export interface SignedIn {
  identity: Identity;
  account: Account;
  /** Renews as the vault would. */
  http: Http;
  grant(): Grant;
  readings: LimitReading[];
  request(change?: Partial<Job>): Job;
  /** Runs a job until it ends. */
  drive(options?: DriveOptions & { job?: Partial<Job> }): Promise<Outcome>;
}

export type Job = Omit<PublishRequest, 'run' | 'clock' | 'progress'> &
  Partial<Pick<PublishRequest, 'progress'>>;

export function openStage(): Stage {
  const clock = new TestClock();
  const made = createSandbox({ clock, seed: 7, simulators: [createBluesky] });
  const requests: SimRequest[] = [];
  const sandbox: Sandbox = {
    ...made,
    dispatch: (request) => {
      requests.push(request);
      return made.dispatch(request);
    },
  };
  const stage: Stage = {
    clock,
    sandbox,
    plain: inProcessPlainHttp(sandbox, bluesky),
    requests,
    consent: (options) => consent(stage, options),
    login: (way = 'browser', handle) => login(stage, way, handle),
    quirks: (quirks) => sandbox.control('bluesky', 'quirks', quirks),
    pull: (lever, input) => sandbox.control('bluesky', lever, input),
    sent: (method) => requests.filter(({ path }) => path === `/xrpc/${method}`),
    justBefore(method, work, nth = 1) {
      const { dispatch } = sandbox;
      let seen = 0;
      sandbox.dispatch = async (request) => {
        if (request.path === `/xrpc/${method}`) seen += 1;
        if (request.path === `/xrpc/${method}` && seen === nth) await work();
        return dispatch(request);
      };
    },
    expectOnePost({ error, state, post }) {
      const posts = sandbox.posts();
      expect([error, state, posts.length]).toEqual([undefined, 'published', 1]);
      expect(post).toMatchObject({ id: posts[0]?.id, url: posts[0]?.url });
      expect(sandbox.complaints()).toEqual([]);
    },
  };
  return stage;
}

async function consent(stage: Stage, options: ConsentOptions = {}): Promise<{ grant: Grant; app: App }> {
  const { clock, plain, sandbox } = stage;
  const { choice = {}, redirectUri: back = redirectUri, ...given } = options;
  const verifier = newVerifier();
  const challenge = challengeOf(verifier, 'S256') ?? '';
  const asked = { redirectUri: back, state: 'state-1', challenge, scopes: signIn.scopes };
  const { app, prepared } = await signIn.prepare!({ ...asked, ...given, http: plain, clock });
  const url = signIn.authorizeUrl({ ...asked, app, prepared });
  const { redirectedTo } = await approveWithin(sandbox, url, choice);
  const callback = new URL(redirectedTo).searchParams;
  const code = callback.get('code') ?? '';
  const grant = await signIn.exchange({
    http: plain,
    app,
    clock,
    code,
    redirectUri: back,
    verifier,
    callback,
    prepared,
  });
  return { grant, app };
}

async function login(
  stage: Stage,
  way: 'browser' | 'password',
  handle = 'creator.bsky.social',
): Promise<SignedIn> {
  const { clock, plain, sandbox } = stage;
  let newest =
    way === 'browser'
      ? (await stage.consent({ loginHint: handle })).grant
      : await appPassword.fromToken({ http: plain, app: undefined, clock, token: firstAppPassword, handle });
  const app: App = { platform: 'bluesky', host: '', clientId: '', settings: {} };
  const [identity] = await bluesky.identities({
    http: plain.carrying(bluesky, newest),
    grant: newest,
    app,
    clock,
  });
  const account = accountOf(identity!);
  const readings: LimitReading[] = [];
  const method = way === 'browser' ? signIn : appPassword;
  const http = inProcessHttp(sandbox, {
    service: bluesky,
    grant: () => newest,
    renew: async () => {
      newest = await method.refresh!({ http: plain, app, clock, grant: newest, account });
      return newest;
    },
    learned: (more) => readings.push(...more),
  });
  const request = (change: Partial<Job> = {}): Job => ({
    http,
    account,
    video,
    media: mediaFile(5000),
    text: fitted('Sunrise over the bay #sunrise https://example.com/a'),
    options: {},
    ...change,
  });
  return {
    identity: identity!,
    account,
    http,
    grant: () => newest,
    readings,
    request,
    drive: ({ job, ...options } = {}) => driveJob(bluesky, request(job), clock, options),
  };
}

export const fitted = (caption: string, options: Readonly<Record<string, unknown>> = {}) =>
  bluesky.fit({ caption, url: video.url, options, accountSettings: {} });

export function accountOf(identity: Identity): Account {
  return {
    id: 1,
    platform: 'bluesky',
    account: `bluesky:${identity.handle}`,
    handle: identity.handle,
    name: identity.name,
    remoteId: identity.remoteId,
    user: 'me',
    status: 'ok',
    scopes: [],
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
  caption: 'Sunrise over the bay #sunrise https://example.com/a',
  publishedAt: Date.UTC(2026, 10, 22, 11, 59),
  seenAt: Date.UTC(2026, 10, 22, 11, 59, 30),
  kind: 'video',
  facts: {},
  state: 'public',
};

/** A file of this many bytes that begins as an MP4 does; the same size gives the same file. */
export function mediaFile(bytes: number, change: Partial<MediaFile> = {}): MediaFile {
  const path = join(folder, `${bytes}.mp4`);
  const content = Buffer.alloc(bytes, `video of ${bytes} bytes.`);
  content.write('\u0000\u0000\u0000\u0020ftypisom', 0, 'latin1');
  writeFileSync(path, content);
  return {
    path,
    sha256: createHash('sha256').update(content).digest('hex'),
    mimeType: 'video/mp4',
    container: 'mp4',
    bytes,
    durationMs: 15_000,
    width: 1080,
    height: 1920,
    videoCodec: 'h264',
    audioCodec: 'aac',
    frameRate: 30,
    ...change,
  };
}
