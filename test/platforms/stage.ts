import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Account, App, Grant, Identity } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Http } from '../../src/core/http.ts';
import type { MediaFile } from '../../src/core/media.ts';
import type { OAuthSignIn, Platform, PublishRequest } from '../../src/core/platform.ts';
import type { Video } from '../../src/core/video.ts';
import { accountHttp, type PlainHttp, plainHttp } from '../../src/net/http.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SimPost, SimRequest, SimulatorFactory } from '../../src/sandbox/types.ts';
import { sandboxTransport } from './in-process.ts';
import { type DriveOptions, driveJob, type Outcome } from './memory-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'repost-stage-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Job = Omit<PublishRequest, 'run' | 'clock' | 'progress'> & Partial<Pick<PublishRequest, 'progress'>>;

/** One simulated platform that is signed in to with an app’s secret, and what a test needs to act on it. */
export interface Stage {
  clock: TestClock;
  sandbox: Sandbox;
  app: App;
  plain: PlainHttp;
  signIn: OAuthSignIn;
  redirectUri: string;
  /** Every request that reached the simulator, oldest first. */
  requests: SimRequest[];
  pull(lever: string, input?: unknown): Promise<unknown>;
  posts(): SimPost[];
  /** Requests so far with this method whose path fits. */
  asked(method: string, path: RegExp): SimRequest[];
  authorizeUrl(change?: { redirectUri?: string; scopes?: readonly string[]; app?: App }): string;
  consent(choice?: Choice, change?: { scopes?: readonly string[] }): Promise<URLSearchParams>;
  exchange(callback: URLSearchParams, change?: { app?: App; redirectUri?: string }): Promise<Grant>;
  login(choice?: Choice & { pick?: (offered: Identity[]) => Identity | undefined }): Promise<SignedIn>;
  /** An account that a grant acts for. */
  as(grant: Grant, identity: Identity): SignedIn;
  identities(grant: Grant): Promise<Identity[]>;
}

export interface SignedIn {
  account: Account;
  http: Http;
  grant(): Grant;
  request(change?: Partial<Job>): Job;
  drive(options?: DriveOptions & { job?: Partial<Job> }): Promise<Outcome>;
}

export function openStage(
  platform: Platform,
  simulator: SimulatorFactory,
  options: { signIn?: OAuthSignIn; appSettings?: Record<string, unknown> } = {},
): Stage {
  const { id } = platform;
  const clock = new TestClock();
  const signIn = options.signIn ?? (platform.signIn as OAuthSignIn);
  const redirectUri = signIn.redirect.uri;
  const keys = { clientId: `sandbox-${id}-id`, clientSecret: `sandbox-${id}-secret` };
  const registered = { ...keys, redirectUris: [redirectUri], settings: options.appSettings ?? {} };
  const made = createSandbox({ clock, seed: 7, simulators: [simulator], apps: { [id]: [registered] } });
  const requests: SimRequest[] = [];
  const sandbox: Sandbox = {
    ...made,
    dispatch: (request) => {
      requests.push(request);
      return made.dispatch(request);
    },
  };
  const app: App = { platform: id, host: '', settings: {}, ...keys };
  const pieces = { transport: sandboxTransport(sandbox), clock, service: platform, timeoutMs: 30_000 };
  const plain = plainHttp(pieces);

  const stage: Stage = {
    clock,
    sandbox,
    app,
    plain,
    signIn,
    redirectUri,
    requests,
    pull: (lever, input) => sandbox.control(id, lever, input),
    posts: () => sandbox.posts().filter((post) => post.platform === id),
    asked: (method, path) => requests.filter((one) => one.method === method && path.test(one.path)),
    authorizeUrl: (change = {}) =>
      signIn.authorizeUrl({ app, redirectUri, state: 'state-1', scopes: signIn.scopes, ...change }),
    async consent(choice = {}, change = {}) {
      const { redirectedTo } = await approveWithin(sandbox, stage.authorizeUrl(change), choice);
      return new URL(redirectedTo).searchParams;
    },
    exchange: (callback, change = {}) =>
      signIn.exchange({
        http: plain,
        app,
        clock,
        code: callback.get('code') ?? '',
        redirectUri,
        verifier: '',
        callback,
        ...change,
      }),
    identities: (grant) => platform.identities({ http: plain.carrying(platform, grant), grant, app, clock }),
    async login({ pick, ...choice } = {}) {
      const grant = await stage.exchange(await stage.consent(choice));
      const offered = await stage.identities(grant);
      const identity = pick ? pick(offered) : offered[0];
      if (!identity) throw new Error('no such account is offered');
      return stage.as(grant, identity);
    },
    as(first, identity) {
      let newest = first;
      const account = accountOf(platform, identity, first);
      const http = accountHttp({
        ...pieces,
        tokens: {
          current: async () => newest,
          renew: async () => {
            if (!signIn.refresh) throw new Failure('E_LOGIN_NEEDED');
            newest = await signIn.refresh({ http: plain, app, clock, grant: newest, account });
            return newest;
          },
        },
        meter: { spend: async () => {}, learn: async () => {} },
      });
      const request = (change: Partial<Job> = {}): Job => ({
        http,
        account,
        video,
        media: mediaFile(200_000),
        text: platform.fit({
          caption: video.caption,
          url: video.url,
          options: {},
          accountSettings: account.settings,
        }),
        options: {},
        ...change,
      });
      return {
        account,
        http,
        grant: () => newest,
        request,
        drive: ({ job, ...rest } = {}) => driveJob(platform, request(job), clock, rest),
      };
    },
  };
  return stage;
}

function accountOf({ id }: Platform, identity: Identity, grant: Grant): Account {
  const { handle, name, remoteId, settings = {} } = identity;
  return {
    id: 1,
    platform: id,
    account: `${id}:${handle}`,
    handle,
    name,
    remoteId,
    user: 'me',
    status: 'ok',
    scopes: grant.scopes,
    paused: false,
    settings,
    createdAt: 0,
    updatedAt: 0,
  };
}

export const video: Video = {
  id: 7,
  sourceId: 1,
  remoteId: '7575000000000000123',
  url: 'https://www.tiktok.com/@creator/video/7575000000000000123',
  caption: 'Salt & <pepper> (on the stove) #food',
  publishedAt: Date.UTC(2026, 10, 22, 11, 59),
  seenAt: Date.UTC(2026, 10, 22, 11, 59, 30),
  kind: 'video',
  facts: {},
  state: 'public',
};

/** A file of this many bytes, no two lengths alike. */
export function mediaFile(bytes: number, change: Partial<MediaFile> = {}): MediaFile {
  const path = join(folder, `${bytes}.mp4`);
  const content = Buffer.alloc(bytes, `video of ${bytes} bytes.`);
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

/** What a promise fails with. */
export const failureOf = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Failure) => error,
  );
