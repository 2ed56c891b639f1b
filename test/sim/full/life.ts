import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../src/core/clock.ts';
import type { MediaFile } from '../../../src/core/media.ts';
import type { EngineEvent } from '../../../src/engine/deps.ts';
import { createEngine, type Engine } from '../../../src/engine/engine.ts';
import { type S3Options, s3Host } from '../../../src/media/host-s3.ts';
import { probe } from '../../../src/media/probe.ts';
import { plainHttp } from '../../../src/net/http.ts';
import type { RawRequest, RawResponse, Transport } from '../../../src/net/wire.ts';
import { registry } from '../../../src/platforms/index.ts';
import type { FaultAction } from '../../../src/sandbox/faults.ts';
import type { Lock } from '../../../src/store/lock.ts';
import type { Store } from '../../../src/store/types.ts';
import { sandboxApp } from '../../contract/home.ts';
import { sandboxTransport } from '../../platforms/in-process.ts';
import { Crash, type Mortal, mortalStore, mortalVault, newMortal } from '../mortal.ts';
import { wire } from '../process.ts';
import { type Random, randomOf } from '../random.ts';
import { type Life, note } from '../stage.ts';
import type { FullWorld } from './world.ts';

const TROUBLE = 0.04;
const DEATH = 0.006;
const STALL = 0.01;
const LID_MS = 1_800_000;
const LATENCY_MS = 800;
const START_MS = 400;

export async function startFullLife(world: FullWorld, raw: Store, lock: Lock): Promise<Life> {
  world.store = raw;
  const mortal = newMortal();
  const clock = countingClock(world.clock, mortal);
  const passed = (point: string) => {
    mortal.points += 1;
    if (world.calm || !lotOf(world, `death ${point}`).chance(DEATH)) return;
    mortal.dead = true;
    mortal.diedAt = clock.now();
  };
  /** Runs start one after the other, and the lid is closed between a post's intent and its sending. */
  const stall = async (point: string): Promise<void> => {
    const lot = lotOf(world, `stall ${point}`);
    if (point.startsWith('claim ')) await clock.sleep(lot.between(1, START_MS));
    if (!point.startsWith('intend ') || mortal.dead || world.calm || !lot.chance(STALL)) return;
    world.suspendedUntil = clock.now() + LID_MS;
    await clock.sleep(LID_MS);
  };
  const transport = fullTransport(world, mortal, clock, passed);
  const life: Life = Object.assign(mortal, {
    raw,
    lock,
    ended: 0,
    startedAt: clock.now(),
    tried: new Map<number, number>(),
    judgedAt: 0,
    engine: undefined as unknown as Engine,
  });
  const deps = await wire({
    clock,
    random: () => world.random.engine.next(),
    registry,
    store: mortalStore(raw, mortal, passed, stall),
    vault: mortalVault(world.vault, mortal, passed),
    transport,
    app: (service, account) => ({
      ...sandboxApp(service.id),
      ...(typeof account.settings['host'] === 'string' ? { host: account.settings['host'] } : {}),
    }),
    media: await film(),
    host: async () => {
      const keys = (await world.sandbox.control('bucket', 'keys')) as Omit<S3Options, 'prefix' | 'http'>;
      return s3Host({ ...keys, prefix: 'repost/', http: plainHttp({ transport, clock, timeoutMs: 30_000 }) });
    },
    settings: {
      retry: { baseMs: 2000, capMs: 3_600_000, attempts: 6, giveUpMs: 20 * 86_400_000 },
      concurrency: 12,
      pollIntervalMs: 600_000,
    },
    traced: true,
    emit: (event) => watch(world, life, event),
  });
  life.engine = createEngine(deps);
  life.engine.onEnd(() => {
    life.ended += 1;
  });
  return life;
}

/** Who waits for time to pass is counted: everybody else in the process is at work. */
function countingClock(clock: Clock, life: Mortal): Clock {
  return {
    now: () => clock.now(),
    async sleep(ms, signal) {
      life.asleep += 1;
      await clock.sleep(ms, signal).finally(() => {
        life.asleep -= 1;
        life.stirs += 1;
      });
    },
  };
}

/**
 * Chance that depends on the instant and on what happens, and on nothing before: files are read meanwhile, and which
 * of two comes first is the disk's affair.
 */
const lotOf = ({ seed, clock }: FullWorld, what: string): Random => randomOf(seed, `${clock.now()} ${what}`);

/** Whatever is said is read: nothing secret may be in it. */
function watch(world: FullWorld, life: Life, event: EngineEvent): void {
  if (life.dead) return;
  const text = JSON.stringify(event);
  for (const secret of world.secrets) {
    if (text.includes(secret)) world.breaches.push(`a secret in an event: ${event.kind}`);
  }
  if (event.kind === 'job-started') life.tried.set(event.job.account.id, world.clock.now());
  if (event.kind !== 'job-ended') return;
  const { id, account, state, reason, error } = event.job;
  note(
    world,
    `job ${id} ${account.account} ${state} ${reason ?? ''} ${error?.code ?? ''} ${error?.message ?? ''}`,
  );
}

/** What befalls one request in so many; the sandbox does the rest. */
const troubles: readonly FaultAction[] = [
  { kind: 'refuse' },
  { kind: 'lost' },
  { kind: 'lost' },
  { kind: 'status', status: 429, headers: { 'retry-after': '20' } },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503, headers: { 'retry-after': '5' }, body: '<html>trouble</html>' },
  { kind: 'status-after', status: 500 },
  { kind: 'status-after', status: 502, body: '<html>bad gateway</html>' },
  { kind: 'garbage' },
  { kind: 'garbage', processed: true },
  { kind: 'cut-body' },
  { kind: 'truncate' },
  { kind: 'hang' },
  { kind: 'hang', processed: true },
  { kind: 'cut-upload', bytes: 10 },
];

/** What simulators say when a window is exceeded by their own clocks. */
const overLimit =
  /quotaExceeded|uploadLimitExceeded|rateLimitExceeded|"code":(4|9|17|32|613|80002)\b|RateLimitExceeded|usage-capped/u;

const renewal = /token|refreshSession/iu;

/** The way to the sandbox: takes time, and goes wrong. */
function fullTransport(
  world: FullWorld,
  life: Mortal,
  clock: Clock,
  passed: (point: string) => void,
): Transport {
  async function pass(raw: RawRequest): Promise<RawResponse> {
    const call = `${raw.method} ${new URL(raw.url).host}`;
    const lot = lotOf(world, call);
    const fault = !world.calm && lot.chance(TROUBLE) ? lot.pick(troubles) : undefined;
    const neverLeft = lot.chance(0.5);
    const sandbox = {
      ...world.sandbox,
      dispatch: (request: Parameters<typeof world.sandbox.answer>[0]) => world.sandbox.answer(request, fault),
    };
    await clock.sleep(lot.between(LATENCY_MS / 4, LATENCY_MS));
    if (life.dead && neverLeft) throw new Crash('dead');
    life.busy += 1;
    const answered = await sandboxTransport(sandbox)
      .send(raw)
      .then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
    life.busy -= 1;
    life.stirs += 1;
    const told = 'value' in answered ? `${answered.value.status}` : 'nothing';
    note(world, `${raw.method} ${raw.url.slice(8, 90)} ${fault?.kind ?? ''} ${told}`);
    if (
      !fault &&
      'value' in answered &&
      (answered.value.status === 429 || (answered.value.status >= 400 && overLimit.test(answered.value.text)))
    )
      world.breaches.push(
        `window exceeded: ${raw.method} ${raw.url.slice(0, 120)} ${answered.value.text.slice(0, 200)}`,
      );
    while (world.suspendedUntil > clock.now()) await clock.sleep(world.suspendedUntil - clock.now());
    if (life.dead) throw new Crash('dead');
    passed(call);
    if (life.dead) throw new Crash('dead');
    if ('error' in answered) throw answered.error;
    return answered.value;
  }

  async function send(raw: RawRequest): Promise<RawResponse> {
    if (life.dead) throw new Crash('dead');
    const renews = renewal.test(raw.url) ? 1 : 0;
    life.renewing += renews;
    return pass(raw).finally(() => {
      life.renewing -= renews;
    });
  }

  return { send, download: () => Promise.reject(new Error('nothing to download')), close: async () => {} };
}

let shipped: MediaFile | undefined;

/** The shortest of the shipped videos: beside the bundle, or where the source is. */
async function film(): Promise<MediaFile> {
  if (shipped) return shipped;
  const { createHash } = await import('node:crypto');
  const path = ['./videos/sunrise.mp4', '../../../src/sandbox/videos/sunrise.mp4']
    .map((relative) => fileURLToPath(new URL(relative, import.meta.url)))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error('the shipped videos are not where they belong');
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  shipped = { ...(await probe(path)), path, mimeType: 'video/mp4', sha256 };
  return shipped;
}
