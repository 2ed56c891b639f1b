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
import { youtube } from '../../src/platforms/youtube.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { createYoutube } from '../../src/sandbox/youtube.ts';
import { inProcessHttp, inProcessPlainHttp } from './in-process.ts';
import { type DriveOptions, driveJob, type Outcome } from './memory-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'repost-youtube-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const MIB = 2 ** 20;
export const redirectUri = 'http://127.0.0.1:51000/callback';
/** The PKCE pair of https://www.rfc-editor.org/rfc/rfc7636#appendix-B */
export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

export const signIn = youtube.signIn as OAuthSignIn;

/** The simulated YouTube, and what a test needs to act on it. */
export interface Stage {
  clock: TestClock;
  sandbox: Sandbox;
  app: App;
  plain: PlainHttp;
  /** Every request that reached the simulator, oldest first. */
  requests: SimRequest[];
  /** Opens the consent page, presses the button; what came back to the redirect address. */
  consent(choice?: Choice, scopes?: readonly string[]): Promise<URLSearchParams>;
  exchange(callback: URLSearchParams): Promise<Grant>;
  login(choice?: Choice): Promise<SignedIn>;
  quirks(quirks: object): Promise<unknown>;
  pull(lever: string, input?: unknown): Promise<unknown>;
}

interface SignedIn {
  identities: Identity[];
  account: Account;
  /** Renews as the vault would. */
  http: Http;
  grant(): Grant;
  readings: LimitReading[];
  /** What a job of this account publishes with. */
  request(change?: Partial<Job>): Job;
  /** Runs a job until it ends. */
  drive(options?: DriveOptions & { job?: Partial<Job> }): Promise<Outcome>;
}

type Job = Omit<PublishRequest, 'run' | 'clock' | 'progress'> & Partial<Pick<PublishRequest, 'progress'>>;

export function openStage(): Stage {
  const clock = new TestClock();
  const made = createSandbox({ clock, seed: 11, simulators: [createYoutube] });
  const requests: SimRequest[] = [];
  const sandbox: Sandbox = {
    ...made,
    dispatch: (request) => {
      requests.push(request);
      return made.dispatch(request);
    },
  };
  const [known] = sandbox.world.apps('youtube');
  const { clientId, clientSecret } = known!;
  const app: App = { platform: 'youtube', host: '', clientId, clientSecret, settings: {} };
  const plain = inProcessPlainHttp(sandbox, youtube);

  const stage: Stage = {
    clock,
    sandbox,
    app,
    plain,
    requests,
    async consent(choice = {}, scopes = signIn.scopes) {
      const url = signIn.authorizeUrl({ app, redirectUri, state: 'state-1', challenge, scopes });
      const { redirectedTo } = await approveWithin(sandbox, url, choice);
      return new URL(redirectedTo).searchParams;
    },
    exchange: (callback) =>
      signIn.exchange({
        http: plain,
        app,
        clock,
        code: callback.get('code') ?? '',
        redirectUri,
        verifier,
        callback,
      }),
    login: (choice) => login(stage, choice),
    quirks: (quirks) => sandbox.control('youtube', 'quirks', quirks),
    pull: (lever, input) => sandbox.control('youtube', lever, input),
  };
  return stage;
}

async function login(stage: Stage, choice: Choice = {}): Promise<SignedIn> {
  const { clock, app, plain, sandbox } = stage;
  let newest = await stage.exchange(await stage.consent(choice));
  const identities = await youtube.identities({
    http: plain.carrying(youtube, newest),
    grant: newest,
    app,
    clock,
  });
  const account = accountOf(identities[0]!);
  const readings: LimitReading[] = [];
  const http = inProcessHttp(sandbox, {
    service: youtube,
    grant: () => newest,
    renew: async () => {
      newest = await signIn.refresh!({ http: plain, app, clock, grant: newest, account });
      return newest;
    },
    learned: (more) => readings.push(...more),
  });
  const request = (change: Partial<Job> = {}): Job => ({
    http,
    account,
    video,
    media: mediaFile(5000),
    text: youtube.fit({
      caption: 'Sunrise over the bay #sunrise #sea',
      url: video.url,
      options: {},
      accountSettings: account.settings,
    }),
    options: {},
    ...change,
  });
  return {
    identities,
    account,
    http,
    grant: () => newest,
    readings,
    request,
    drive: ({ job, ...options } = {}) => driveJob(youtube, request(job), clock, options),
  };
}

function accountOf(identity: Identity): Account {
  return {
    id: 1,
    platform: 'youtube',
    account: `youtube:${identity.handle}`,
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

const video: Video = {
  id: 7,
  sourceId: 1,
  remoteId: '7575000000000000123',
  url: 'https://www.tiktok.com/@creator/video/7575000000000000123',
  caption: 'Sunrise over the bay #sunrise #sea',
  publishedAt: Date.UTC(2026, 10, 22, 11, 59),
  seenAt: Date.UTC(2026, 10, 22, 11, 59, 30),
  kind: 'video',
  facts: {},
  state: 'public',
};

/** A file of this many bytes; the same size gives the same file. */
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
