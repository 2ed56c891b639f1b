import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Account, App, Grant, Identity } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import type { Http } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import type { MediaFile } from '../../src/core/media.ts';
import type { OAuthSignIn, Platform } from '../../src/core/platform.ts';
import type { TracedExchange } from '../../src/core/session.ts';
import type { FittedText } from '../../src/core/text.ts';
import type { Video } from '../../src/core/video.ts';
import { createFacebook } from '../../src/sandbox/facebook.ts';
import { createInstagram } from '../../src/sandbox/instagram.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { inProcessHttp, inProcessPlainHttp } from './in-process.ts';
import type { DriveOptions, Outcome } from './memory-run.ts';
import { driveJob } from './memory-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'repost-meta-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const redirectUri = 'https://localhost:8443/callback';

/** A sandbox with Meta’s two platforms, and what a test needs to act on one of them. */
export interface MetaStage {
  clock: TestClock;
  sandbox: Sandbox;
  /** Every request that arrived, oldest first. */
  seen: SimRequest[];
  platform: Platform;
  signIn: OAuthSignIn;
  app: App;
  /** Opens the dialog, presses the button, gives the code that came back. */
  code(choice?: Choice): Promise<URLSearchParams>;
  /** The whole sign-in; the identity of the first account that can be posted to. */
  login(choice?: Choice): Promise<SignedIn>;
  /** Runs one job to its end. */
  publish(signedIn: SignedIn, change?: Partial<Job>, options?: DriveOptions): Promise<Outcome>;
  quirks(quirks: object): Promise<unknown>;
  pull(lever: string, input?: unknown): Promise<unknown>;
}

interface Job {
  media: MediaFile;
  video: Video;
  text: FittedText;
  options: Record<string, unknown>;
}

export interface SignedIn {
  grant: Grant;
  identities: Identity[];
  account: Account;
  /** Renews as the vault would: the newest grant is in `grant()`. */
  http: Http;
  current(): Grant;
  readings: LimitReading[];
  /** What logs and `jobs show --raw` would be told. */
  traced: TracedExchange[];
}

export function openStage(platform: Platform): MetaStage {
  const clock = new TestClock();
  const seen: SimRequest[] = [];
  const inner = createSandbox({ clock, seed: 7, simulators: [createInstagram, createFacebook] });
  const sandbox: Sandbox = {
    ...inner,
    dispatch(request) {
      seen.push(request);
      return inner.dispatch(request);
    },
  };
  const [known] = sandbox.world.apps(platform.id);
  const { clientId, clientSecret } = known!;
  const app: App = { platform: platform.id, host: '', clientId, clientSecret, settings: {} };
  const signIn = platform.signIn as OAuthSignIn;

  async function code(choice: Choice = {}): Promise<URLSearchParams> {
    const { scopes } = signIn;
    const url = signIn.authorizeUrl({ app, redirectUri, state: 'state-1', scopes });
    const { redirectedTo } = await approveWithin(sandbox, url, choice);
    return new URL(redirectedTo).searchParams;
  }

  async function login(choice: Choice = {}): Promise<SignedIn> {
    const plain = inProcessPlainHttp(sandbox, platform);
    const callback = await code(choice);
    const grant = await signIn.exchange({
      http: plain,
      app,
      clock,
      code: callback.get('code') ?? '',
      redirectUri,
      verifier: '',
      callback,
    });
    const identities = await platform.identities({
      http: plain.carrying(platform, grant),
      grant,
      app,
      clock,
    });
    const chosen = identities.find(({ ineligible }) => ineligible === undefined) ?? identities[0];
    const account = accountOf(platform, chosen!);
    let newest: Grant = { ...grant, extra: { ...grant.extra, ...chosen?.grantExtra } };
    const readings: LimitReading[] = [];
    const traced: TracedExchange[] = [];
    const http = inProcessHttp(sandbox, {
      service: platform,
      grant: () => newest,
      renew: async () => {
        newest = await signIn.refresh!({ http: plain, app, clock, grant: newest, account });
        return newest;
      },
      learned: (more) => readings.push(...more),
      trace: (exchange) => traced.push(exchange),
    });
    return { grant: newest, identities, account, http, current: () => newest, readings, traced };
  }

  return {
    clock,
    sandbox,
    seen,
    platform,
    signIn,
    app,
    code,
    login,
    publish: ({ http, account }, change = {}, options = {}) =>
      driveJob(
        platform,
        { http, account, video, media: mediaFile(), text: textOf('Hello #one'), options: {}, ...change },
        clock,
        options,
      ),
    quirks: (quirks) => sandbox.control(platform.id, 'quirks', quirks),
    pull: (lever, input) => sandbox.control(platform.id, lever, input),
  };
}

function accountOf(platform: Platform, identity: Identity): Account {
  return {
    id: 1,
    platform: platform.id,
    account: `${platform.id}:${identity.handle}`,
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

/** A file of this many bytes, no two alike; nobody here looks inside. */
export function mediaFile(bytes = 5000): MediaFile {
  const path = join(folder, `${bytes}.mp4`);
  writeFileSync(path, Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 31 + bytes) % 251)));
  return {
    path,
    sha256: '',
    mimeType: 'video/mp4',
    container: 'mp4',
    bytes,
    durationMs: 15_000,
    width: 1080,
    height: 1920,
    videoCodec: 'h264',
    audioCodec: 'aac',
    frameRate: 30,
  };
}

export const video: Video = {
  id: 7,
  sourceId: 1,
  remoteId: '7575000000000000123',
  url: 'https://www.tiktok.com/@creator/video/7575000000000000123',
  caption: 'Hello #one',
  publishedAt: Date.UTC(2026, 10, 22, 11),
  seenAt: Date.UTC(2026, 10, 22, 11, 5),
  kind: 'video',
  facts: {},
  state: 'public',
};

export function textOf(body: string): FittedText {
  return { body, count: { used: body.length, max: 2200, unit: 'characters' }, notes: [] };
}
