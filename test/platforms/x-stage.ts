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
import { x } from '../../src/platforms/x.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { createX } from '../../src/sandbox/x.ts';
import type { XQuirks } from '../../src/sandbox/x-quirks.ts';
import { inProcessHttp, inProcessPlainHttp } from './in-process.ts';
import { type DriveOptions, driveJob, type Outcome } from './memory-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'repost-x-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const MIB = 2 ** 20;
export const redirectUri = 'http://127.0.0.1:8765/callback';
/** Own vector: its challenge was computed with `printf … | openssl dgst -sha256 -binary | basenc --base64url`. */
export const verifier = 'repost-pkce-vector-0123456789-ABCDEFGHIJKLMN._~';
export const challenge = '2FeeIJU4O0WrnvnmpfuVKGnym9l7aHg_q_DtMFD4_Bw';

export const signIn = x.signIn as OAuthSignIn;

type Job = Omit<PublishRequest, 'run' | 'clock' | 'progress'> & Partial<Pick<PublishRequest, 'progress'>>;

/** The simulated X, and what a test needs to act on it. */
export interface Stage {
  clock: TestClock;
  sandbox: Sandbox;
  app: App;
  plain: PlainHttp;
  /** Every request that reached the simulator, oldest first. */
  requests: SimRequest[];
  quirks(change: Partial<XQuirks>): Promise<unknown>;
  pull(lever: string, input?: unknown): Promise<unknown>;
  consent(
    choice?: Choice,
    change?: { app?: App; redirectUri?: string; scopes?: readonly string[] },
  ): Promise<URLSearchParams>;
  exchange(callback: URLSearchParams, change?: { app?: App; verifier?: string }): Promise<Grant>;
  login(choice?: Choice): Promise<SignedIn>;
}

interface SignedIn {
  identities: Identity[];
  account: Account;
  http: Http;
  grant(): Grant;
  readings: LimitReading[];
  request(change?: Partial<Job>): Job;
  /** Runs a job until it ends. */
  drive(options?: DriveOptions & { job?: Partial<Job> }): Promise<Outcome>;
}

export function openStage(app: Partial<App> = {}, settings: Record<string, unknown> = {}): Stage {
  const clock = new TestClock();
  const registered = {
    clientId: 'sandbox-x-id',
    clientSecret: 'sandbox-x-secret',
    redirectUris: [redirectUri],
    settings,
  };
  const made = createSandbox({ clock, seed: 7, simulators: [createX], apps: { x: [registered] } });
  const requests: SimRequest[] = [];
  const sandbox: Sandbox = {
    ...made,
    dispatch: (request) => {
      requests.push(request);
      return made.dispatch(request);
    },
  };
  const ours: App = { platform: 'x', host: '', clientId: registered.clientId, settings: {}, ...app };
  const plain = inProcessPlainHttp(sandbox, x);
  const stage: Stage = {
    clock,
    sandbox,
    app: ours,
    plain,
    requests,
    quirks: (change) => sandbox.control('x', 'quirks', change),
    pull: (lever, input) => sandbox.control('x', lever, input),
    async consent(choice = {}, change = {}) {
      const { scopes } = signIn;
      const url = signIn.authorizeUrl({
        app: ours,
        redirectUri,
        state: 'state-1',
        challenge,
        scopes,
        ...change,
      });
      const { redirectedTo } = await approveWithin(sandbox, url, choice);
      return new URL(redirectedTo).searchParams;
    },
    exchange: (callback, change = {}) =>
      signIn.exchange({
        http: plain,
        app: ours,
        clock,
        code: callback.get('code') ?? '',
        redirectUri,
        verifier,
        callback,
        ...change,
      }),
    login: (choice) => login(stage, choice),
  };
  return stage;
}

async function login(stage: Stage, choice: Choice = {}): Promise<SignedIn> {
  const { clock, app, plain, sandbox } = stage;
  let newest = await stage.exchange(await stage.consent(choice));
  const http = plain.carrying(x, newest);
  const identities = await x.identities({ http, grant: newest, app, clock });
  const account = accountOf(identities[0]!);
  const readings: LimitReading[] = [];
  const bound = inProcessHttp(sandbox, {
    service: x,
    grant: () => newest,
    renew: async () => {
      newest = await signIn.refresh!({ http: plain, app, clock, grant: newest, account });
      return newest;
    },
    learned: (more) => readings.push(...more),
  });
  const request = (change: Partial<Job> = {}): Job => ({
    http: bound,
    account,
    video,
    media: mediaFile(5000),
    text: x.fit({ caption: video.caption, url: video.url, options: {}, accountSettings: account.settings }),
    options: {},
    ...change,
  });
  return {
    identities,
    account,
    http: bound,
    grant: () => newest,
    readings,
    request,
    drive: ({ job, ...options } = {}) => driveJob(x, request(job), clock, options),
  };
}

function accountOf(identity: Identity): Account {
  return {
    id: 1,
    platform: 'x',
    account: `x:${identity.handle}`,
    handle: identity.handle,
    name: identity.name,
    remoteId: identity.remoteId,
    user: 'me',
    status: 'ok',
    scopes: signIn.scopes,
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
  caption: 'Salt & <pepper> on the stove #food',
  publishedAt: Date.UTC(2026, 10, 22, 11, 59),
  seenAt: Date.UTC(2026, 10, 22, 11, 59, 30),
  kind: 'video',
  facts: {},
  state: 'public',
};

/** What the simulated X shows, newest first. */
export const postsOf = ({ sandbox }: Stage) => sandbox.posts();

/** Requests so far whose path ends so. */
export const count = ({ requests }: Stage, ending: string) =>
  requests.filter(({ path }) => path.endsWith(ending)).length;

export const textOf = (caption: string, options: Record<string, unknown> = {}) =>
  x.fit({ caption, url: video.url, options, accountSettings: {} });

/** A file of this many bytes that says it is so many seconds long. */
export function mediaFile(bytes: number, seconds = 15, change: Partial<MediaFile> = {}): MediaFile {
  const path = join(folder, `${bytes}-${seconds}.mp4`);
  const content = Buffer.alloc(bytes, `video of ${bytes} bytes.`);
  const header = Buffer.alloc(40);
  header.write('mvhd', 0);
  header.writeUInt32BE(1000, 16);
  header.writeUInt32BE(seconds * 1000, 20);
  header.copy(content, 100);
  writeFileSync(path, content);
  return {
    path,
    sha256: createHash('sha256').update(content).digest('hex'),
    mimeType: 'video/mp4',
    container: 'mp4',
    bytes,
    durationMs: seconds * 1000,
    width: 1080,
    height: 1920,
    videoCodec: 'h264',
    audioCodec: 'aac',
    frameRate: 30,
    ...change,
  };
}
