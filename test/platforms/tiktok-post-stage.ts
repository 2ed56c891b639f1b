import type { Account, Grant, Identity } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import type { Http } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import type { PublishRequest } from '../../src/core/platform.ts';
import type { TracedExchange } from '../../src/core/session.ts';
import { challengeOf, newVerifier } from '../../src/net/pkce.ts';
import { tiktok } from '../../src/platforms/tiktok-post.ts';
import { postingSignIn } from '../../src/platforms/tiktok-sign-in.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createTiktok } from '../../src/sandbox/tiktok.ts';
import type { TiktokQuirks } from '../../src/sandbox/tiktok-quirks.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { sandboxApp } from '../contract/home.ts';
import { inProcessHttp, inProcessPlainHttp } from './in-process.ts';
import { type DriveOptions, driveJob } from './memory-run.ts';
import { mediaFile, video } from './x-stage.ts';

type Job = Omit<PublishRequest, 'run' | 'clock' | 'progress'>;

/** The simulated TikTok with an account that is signed in for posting. */
export interface Stage {
  clock: TestClock;
  sandbox: Sandbox;
  /** All requests as they came. */
  requests: SimRequest[];
  traces: TracedExchange[];
  readings: LimitReading[];
  pull(lever: string, input?: unknown): Promise<unknown>;
  quirks(change: Partial<TiktokQuirks>): Promise<void>;
  login(choice?: Choice): Promise<SignedIn>;
}

export interface SignedIn {
  account: Account;
  identity: Identity;
  grant: Grant;
  http: Http;
  request(change?: Partial<Job>): Job;
  drive(options?: DriveOptions & { job?: Partial<Job> }): ReturnType<typeof driveJob>;
}

export function openStage(): Stage {
  const clock = new TestClock();
  const made = createSandbox({ clock, seed: 7, simulators: [createTiktok] });
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
    requests,
    traces: [],
    readings: [],
    pull: (lever, input) => sandbox.control('tiktok', lever, input),
    async quirks(change) {
      for (const [name, value] of Object.entries(change)) await stage.pull('quirk', { name, value });
    },
    login: (choice = {}) => login(stage, choice),
  };
  return stage;
}

async function login(stage: Stage, choice: Choice): Promise<SignedIn> {
  const { sandbox, clock } = stage;
  const app = sandboxApp('tiktok');
  const verifier = newVerifier();
  const redirectUri = 'http://127.0.0.1:53412/callback/';
  const challenge = challengeOf(verifier, 'S256-hex') ?? '';
  const url = postingSignIn.authorizeUrl({
    app,
    redirectUri,
    state: 'st',
    challenge,
    scopes: postingSignIn.scopes,
  });
  const { redirectedTo } = await approveWithin(sandbox, url, choice);
  const callback = new URL(redirectedTo).searchParams;
  const code = callback.get('code') ?? '';
  const plain = inProcessPlainHttp(sandbox);
  const grant = await postingSignIn.exchange({
    http: plain,
    app,
    clock,
    code,
    redirectUri,
    verifier,
    callback,
  });
  let newest = grant;
  const http = inProcessHttp(sandbox, {
    service: tiktok,
    grant: () => newest,
    renew: async (old) => {
      newest = await postingSignIn.refresh!({ http: plain, app, clock, grant: old, account });
      return newest;
    },
    trace: (exchange) => stage.traces.push(exchange),
    learned: (more) => stage.readings.push(...more),
  });
  const [identity] = await tiktok.identities({ http, grant, app, clock });
  const account: Account = accountOf(identity!, grant);
  const request = (change: Partial<Job> = {}): Job => ({
    http,
    account,
    video,
    media: mediaFile(5000),
    text: textOf(video.caption),
    options: {},
    ...change,
  });
  return {
    account,
    identity: identity!,
    grant,
    http,
    request,
    drive: ({ job, ...options } = {}) => driveJob(tiktok, request(job), clock, options),
  };
}

function accountOf({ handle, name, remoteId, settings = {} }: Identity, { scopes }: Grant): Account {
  return {
    id: 1,
    platform: 'tiktok',
    account: `tiktok:${handle}`,
    handle,
    name,
    remoteId,
    user: 'me',
    status: 'ok',
    scopes,
    paused: false,
    settings,
    createdAt: 0,
    updatedAt: 0,
  };
}

export const textOf = (caption: string) =>
  tiktok.fit({ caption, url: video.url, options: {}, accountSettings: {} });

/** What the simulated TikTok shows of posts, newest first. */
export const postsOf = ({ sandbox }: Stage) => sandbox.posts();

/** Requests so far whose path ends so. */
export const count = ({ requests }: Stage, ending: string) =>
  requests.filter(({ path }) => path.endsWith(ending)).length;

export const puts = ({ requests }: Stage) => requests.filter(({ method }) => method === 'PUT');

/** The body of the n-th `init` (from 0). */
export function initOf(stage: Stage, n = 0): Record<string, Record<string, unknown>> {
  const found = stage.requests.filter(({ path }) => path.endsWith('/video/init/'))[n];
  return JSON.parse(found?.body.toString() ?? '{}') as Record<string, Record<string, unknown>>;
}
