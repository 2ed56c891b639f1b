import type { Account, App, Grant, Identity } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import { redo } from '../../src/core/failure.ts';
import { OFFER_LEAST_MS, publicCopyStep } from '../../src/core/host.ts';
import type { Http } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import type { MediaFile } from '../../src/core/media.ts';
import type { OAuthSignIn, Platform, PublishRequest } from '../../src/core/platform.ts';
import type { TracedExchange } from '../../src/core/session.ts';
import type { FittedText } from '../../src/core/text.ts';
import { type S3Options, s3Host } from '../../src/media/host-s3.ts';
import { createBucket } from '../../src/sandbox/bucket.ts';
import { createInstagram } from '../../src/sandbox/instagram.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createThreads } from '../../src/sandbox/threads.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { inProcessHttp, inProcessPlainHttp } from './in-process.ts';
import type { DriveOptions, Outcome } from './memory-run.ts';
import { driveJob } from './memory-run.ts';
import { mediaFile, redirectUri, video } from './meta-world.ts';

export interface FetchStage {
  clock: TestClock;
  sandbox: Sandbox;
  /** Every request of the client that arrived, oldest first. */
  seen: SimRequest[];
  signIn: OAuthSignIn;
  app: App;
  code(choice?: Choice): Promise<URLSearchParams>;
  login(choice?: Choice): Promise<FetchSignedIn>;
  publish(
    signedIn: FetchSignedIn,
    change?: Partial<{ media: MediaFile; text: FittedText; options: Record<string, unknown> }>,
    options?: DriveOptions,
  ): Promise<Outcome>;
  quirks(quirks: object): Promise<unknown>;
  pull(lever: string, input?: unknown): Promise<unknown>;
}

export interface FetchSignedIn {
  grant: Grant;
  identities: Identity[];
  account: Account;
  http: Http;
  current(): Grant;
  readings: LimitReading[];
  traced: TracedExchange[];
}

/** A sandbox with a platform that fetches, a bucket to fetch from, and what a test needs to act on both. */
export function openFetchStage(platform: Platform, signIn: OAuthSignIn): FetchStage {
  const clock = new TestClock();
  const seen: SimRequest[] = [];
  const simulators = [createThreads, createInstagram, createBucket];
  const inner = createSandbox({ clock, seed: 7, simulators });
  const sandbox: Sandbox = {
    ...inner,
    dispatch(request) {
      seen.push(request);
      return inner.dispatch(request);
    },
  };
  const [known] = sandbox.world.apps(platform.id);
  const { clientId = '', clientSecret = '' } = known ?? {};
  const app: App = { platform: platform.id, host: '', clientId, clientSecret, settings: {} };
  const plain = inProcessPlainHttp(sandbox, platform);

  async function code(choice: Choice = {}): Promise<URLSearchParams> {
    const { scopes } = signIn;
    const url = signIn.authorizeUrl({ app, redirectUri, state: 'state-1', scopes });
    const { redirectedTo } = await approveWithin(sandbox, url, choice);
    return new URL(redirectedTo).searchParams;
  }

  async function login(choice: Choice = {}): Promise<FetchSignedIn> {
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
    const carrying = plain.carrying(platform, grant);
    const identities = await platform.identities({ http: carrying, grant, app, clock });
    const account = accountOf(platform, identities[0] as Identity);
    let newest = grant;
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
    return { grant, identities, account, http, current: () => newest, readings, traced };
  }

  /** As the engine does: the copy's name and its address are steps of the job. */
  async function publicUrl({ run, media }: PublishRequest): Promise<string> {
    const keys = (await sandbox.control('bucket', 'keys')) as Omit<S3Options, 'prefix' | 'http'>;
    const host = s3Host({ ...keys, prefix: 'repost/', http: inProcessPlainHttp(sandbox) });
    const handle = await run.step(publicCopyStep, async () => host.newHandle(media), { sealed: true });
    const offer = await run.step('make the public copy', () => host.offer(handle, media), { sealed: true });
    if (offer.until - clock.now() < OFFER_LEAST_MS) throw redo(publicCopyStep, 'The address has run out.');
    return offer.url;
  }

  return {
    clock,
    sandbox,
    seen,
    signIn,
    app,
    code,
    login,
    publish: ({ http, account }, change = {}, options = {}) =>
      driveJob(
        {
          ...platform,
          publish: (request) => platform.publish({ ...request, publicUrl: () => publicUrl(request) }),
        },
        { http, account, video, media: mediaFile(), text: textOf('Hello'), options: {}, ...change },
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

export function textOf(body: string, topic?: string): FittedText {
  const tags = topic === undefined ? {} : { tags: [topic] };
  return { body, ...tags, count: { used: body.length, max: 500, unit: 'characters' }, notes: [] };
}
