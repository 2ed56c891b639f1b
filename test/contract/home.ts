import type { Account, App, Grant } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import type { MediaFile } from '../../src/core/media.ts';
import type { PlatformId } from '../../src/core/names.ts';
import type { Platform, Service } from '../../src/core/platform.ts';
import type { Rule } from '../../src/core/rule.ts';
import type { EngineDeps, EngineSettings } from '../../src/engine/deps.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { type S3Options, s3Host } from '../../src/media/host-s3.ts';
import { accountHttp, plainHttp } from '../../src/net/http.ts';
import { challengeOf, newVerifier } from '../../src/net/pkce.ts';
import type { Transport } from '../../src/net/wire.ts';
import { simulators } from '../../src/sandbox/index.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { JobView, Store } from '../../src/store/types.ts';
import { saveGrant } from '../../src/vault/grants.ts';
import { memoryVault } from '../../src/vault/memory.ts';
import { journalSeal } from '../../src/vault/seal.ts';
import { tokenSource } from '../../src/vault/tokens.ts';
import { sandboxTransport } from '../platforms/in-process.ts';
import { openTraffic } from './spec.ts';

/** Everything that lasts while processes come and go: disk, vault, time, the platforms. */
export interface World {
  clock: TestClock;
  sandbox: Sandbox;
  store: Store;
  vault: ReturnType<typeof memoryVault>;
  seed: number;
}

/** One life of the process: an engine over the world, until it dies. */
export interface Life {
  engine: Engine;
  deps: EngineDeps;
}

export interface LifeOptions {
  /** Registry entry under test; default: the real one from its own file. */
  platform: Platform;
  source?: Service;
  /** What the process sees of disk and network: to die in, to count. */
  store?: Store;
  transport?: Transport;
  settings?: Partial<EngineSettings>;
}

export const media: MediaFile = {
  path: new URL('../../src/sandbox/videos/', import.meta.url).pathname,
  sha256: '',
  mimeType: 'video/mp4',
  container: 'mp4',
  bytes: 0,
  durationMs: 0,
  width: 0,
  height: 0,
  videoCodec: 'h264',
};

/** Every kind of request that the worlds of this file have seen. */
export const traffic = openTraffic();

export async function openWorld(seed = 1): Promise<World> {
  const clock = new TestClock();
  const sandbox = createSandbox({ clock, seed, simulators });
  const { dispatch } = sandbox;
  sandbox.dispatch = (request) => {
    traffic.note(request);
    return dispatch(request);
  };
  return {
    clock,
    seed,
    sandbox,
    store: await openStore({ path: ':memory:', clock }),
    vault: memoryVault(),
  };
}

export const sandboxApp = (id: PlatformId): App => ({
  platform: id,
  host: '',
  clientId: `sandbox-${id}-id`,
  clientSecret: `sandbox-${id}-secret`,
  settings: {},
});

/** Signs in as a person would, without sockets, and keeps the account. */
export async function signInTo(
  world: World,
  service: Service,
  user = 'me',
  choice: Choice = {},
): Promise<Account> {
  const { signIn } = service;
  if (signIn.kind !== 'oauth') throw new Error(`${service.id} signs in by a token`);
  const { clock, sandbox } = world;
  const http = plainHttp({ transport: sandboxTransport(sandbox), clock, service, timeoutMs: 30_000 });
  const verifier = newVerifier();
  const challenge = challengeOf(verifier, signIn.pkce);
  const redirectUri = signIn.redirect.uri.replace(':*', ':53412');
  const asked = {
    redirectUri,
    state: 'state-of-the-contract',
    scopes: signIn.scopes,
    ...(challenge === undefined ? {} : { challenge }),
  };
  const made = await signIn.prepare?.({
    ...asked,
    http,
    clock,
    ...(service.id === 'mastodon' ? { at: 'mastodon.social' } : {}),
    app: sandboxApp(service.id),
  });
  const app = made?.app ?? sandboxApp(service.id);
  const prepared = made ? { prepared: made.prepared } : {};
  const authorizeUrl = signIn.authorizeUrl({ ...asked, app, ...prepared });
  const { redirectedTo } = await approveWithin(sandbox, authorizeUrl, choice);
  const callback = new URL(redirectedTo).searchParams;
  const grant = await signIn.exchange({
    http,
    app,
    clock,
    code: callback.get('code') ?? '',
    redirectUri,
    verifier,
    callback,
    ...prepared,
  });
  return keepAccount(world, service, grant, app, user);
}

/** Keeps the first eligible account of a grant. */
export async function keepAccount(
  world: World,
  service: Service,
  grant: Grant,
  app: App,
  user = 'me',
): Promise<Account> {
  const { clock, sandbox, store, vault } = world;
  const http = plainHttp({ transport: sandboxTransport(sandbox), clock, service, timeoutMs: 30_000 });
  const offered = await service.identities({ http: http.carrying(service, grant), grant, app, clock });
  const identity = offered.find((one) => one.ineligible === undefined);
  if (!identity) throw new Error(`${service.id} offers no account`);
  const whole = identity.grantExtra ? { ...grant, extra: { ...grant.extra, ...identity.grantExtra } } : grant;
  await saveGrant(vault, { platform: service.id, remoteId: identity.remoteId }, whole);
  const { remoteId, handle, name, settings = {} } = identity;
  return store.accounts.save(
    {
      platform: service.id,
      remoteId,
      handle,
      name,
      user,
      scopes: grant.scopes,
      settings,
      expiresAt: grant.expiresAt,
    },
    clock.now(),
  );
}

/** Starts a process over the world. */
export async function startLife(world: World, options: LifeOptions): Promise<Life> {
  const { clock, vault } = world;
  const store = options.store ?? world.store;
  const transport = options.transport ?? sandboxTransport(world.sandbox);
  const services: Partial<Record<PlatformId, Service>> = { [options.platform.id]: options.platform };
  const timeoutMs = 30_000;
  let state = world.seed >>> 0;
  const deps: EngineDeps = {
    store,
    clock,
    random: () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    },
    registry: {
      platform: (id) => (id === options.platform.id ? options.platform : undefined),
      service: (id) => services[id],
      source: () => undefined,
    },
    connect: (account, service, meter, trace) =>
      accountHttp({
        transport,
        clock,
        service,
        meter,
        timeoutMs,
        ...(trace ? { trace } : {}),
        tokens: tokenSource({
          vault,
          service,
          http: plainHttp({ transport, clock, service, timeoutMs }),
          account: async () => (await store.accounts.get(account.id)) ?? account,
          app: async () => ({
            ...sandboxApp(service.id),
            ...(typeof account.settings['host'] === 'string' ? { host: account.settings['host'] } : {}),
          }),
          clock,
          lock: (_name, work) => work(),
          onGrant: async (grant) =>
            void (await store.accounts.update(
              account.id,
              { status: 'ok', expiresAt: grant.expiresAt },
              clock.now(),
            )),
          onLoginNeeded: async () =>
            void (await store.accounts.update(account.id, { status: 'login-needed' }, clock.now())),
        }),
      }),
    freshen: async () => undefined,
    anonymous: plainHttp({ transport, clock, timeoutMs }),
    obtain: async () => demoFile(),
    seal: await journalSeal(vault),
    host: async () => {
      const keys = (await world.sandbox.control('bucket', 'keys')) as Omit<S3Options, 'prefix' | 'http'>;
      return s3Host({ ...keys, prefix: 'repost/', http: plainHttp({ transport, clock, timeoutMs }) });
    },
    settings: {
      retry: { baseMs: 2000, capMs: 3_600_000, attempts: 8, giveUpMs: 3 * 86_400_000 },
      concurrency: 8,
      pollIntervalMs: 120_000,
      ...options.settings,
    },
    emit: () => undefined,
  };
  return { engine: createEngine(deps), deps };
}

let shipped: MediaFile | undefined;

/** The shortest of the shipped videos. */
export async function demoFile(): Promise<MediaFile> {
  if (shipped) return shipped;
  const { readdirSync, readFileSync, statSync } = await import('node:fs');
  const { createHash } = await import('node:crypto');
  const { probe } = await import('../../src/media/probe.ts');
  const [smallest = ''] = readdirSync(media.path)
    .filter((name) => name.endsWith('.mp4') && !/65|hevc/.test(name))
    .map((name) => media.path + name)
    .sort((a, b) => statSync(a).size - statSync(b).size);
  const facts = await probe(smallest);
  shipped = {
    ...facts,
    path: smallest,
    mimeType: 'video/mp4',
    sha256: createHash('sha256').update(readFileSync(smallest)).digest('hex'),
  };
  return shipped;
}

let videoCount = 0;

/** A stored video with one job to the account. */
export async function giveJob(
  world: World,
  account: Account,
  caption = 'A morning ride #bike',
): Promise<number> {
  const { store, clock } = world;
  const now = clock.now();
  const [source] = await store.sources.list();
  const row =
    source ??
    (await store.sources.add(
      { kind: 'none', accountId: null, locator: 'nowhere', name: 'nowhere', user: 'me' },
      now,
    ));
  videoCount += 1;
  const { jobIds } = await store.videos.take(
    row.id,
    [
      {
        item: {
          remoteId: String(7_575_000_000_000_000_000n + BigInt(videoCount)),
          url: 'https://www.tiktok.com/@creator/video/7575000000000000123',
          caption,
          publishedAt: now - 60_000,
          kind: 'video',
          durationSeconds: 12,
          facts: {},
        },
        jobs: [
          {
            accountId: account.id,
            ruleId: (await anyRule(world, account, row.id)).id,
            user: 'me',
            state: 'waiting',
            reason: 'ready',
            runAt: now,
            maxAttempts: 8,
          },
        ],
        skipped: [],
      },
    ],
    now,
  );
  return jobIds[0] ?? 0;
}

async function anyRule({ store, clock }: World, account: Account, sourceId: number): Promise<Rule> {
  const known = (await store.rules.list()).find((rule) =>
    rule.destinations.some(({ accountId }) => accountId === account.id),
  );
  if (known) return known;
  const now = clock.now();
  return store.rules.add(
    {
      name: `to-${account.platform}-${account.id}`,
      user: 'me',
      sourceId,
      destinations: [{ accountId: account.id, options: {} }],
      media: [],
      delayMs: 0,
      approve: false,
      catchUp: { kind: 'all' },
      paused: false,
      startsAt: 0,
      spec: {},
    },
    now,
  );
}

/** Most turns of the drive: far more than any job needs, so that endless work is seen as such. */
const MOST_TURNS = 1500;

/** Runs the engine, moving time to the next due instant, until every job has ended or nothing more can come due. */
export async function drive(world: World, { engine }: Pick<Life, 'engine'>): Promise<void> {
  const { store, clock } = world;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    await engine.pump();
    await engine.idle();
    const { waiting, running } = await store.jobs.counts();
    if (waiting + running === 0) return;
    const dueAt = await engine.nextJobAt();
    if (dueAt === null) return;
    clock.advance(Math.max(1, dueAt - clock.now()));
  }
  throw new Error(`jobs are still open after ${MOST_TURNS} turns`);
}

/** What must hold for every job at the end, whatever happened. Gives the breaches in words. */
export async function breachesOf(
  world: World,
  platform: Platform,
  jobIds: readonly number[],
): Promise<string[]> {
  const posts = world.sandbox.posts().filter((post) => post.platform === platform.id);
  const breaches: string[] = [];
  if (posts.length > jobIds.length) breaches.push(`${posts.length} posts for ${jobIds.length} job(s)`);
  for (const id of jobIds) {
    const job = (await world.store.jobs.get(id)) as JobView;
    if (job.state === 'published') {
      const shown = posts.filter((post) => post.id === job.post?.id);
      if (shown.length !== 1)
        breaches.push(
          `job ${id} is published as ${job.post?.id}, which the platform shows ${shown.length} times`,
        );
    }
    if (job.state === 'dead' && posts.length > 0 && jobIds.length === 1)
      breaches.push(`job ${id} is dead, and yet a post is out`);
    if (job.state === 'running') breaches.push(`job ${id} is still running`);
  }
  for (const { what } of world.sandbox.complaints()) breaches.push(`the platform complains: ${what}`);
  return breaches;
}
