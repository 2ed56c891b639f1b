import type { Clock } from '../../../src/core/clock.ts';
import type { EngineEvent } from '../../../src/engine/deps.ts';
import { createEngine, type Engine } from '../../../src/engine/engine.ts';
import type { RawRequest, RawResponse, Transport } from '../../../src/net/wire.ts';
import type { Lock } from '../../../src/store/lock.ts';
import type { Store } from '../../../src/store/types.ts';
import { type Fate, fateOf, plain } from '../fates.ts';
import { Crash, die, type Mortal, mortalStore, mortalVault, newMortal } from '../mortal.ts';
import { type Pieces, wire } from '../process.ts';
import { type Life, note } from '../stage.ts';
import { SECRET } from './server.ts';
import { appOf, type LeanWorld } from './world.ts';

const LATENCY_MS = 200;
/** Answers arrive on a grid: many at one instant, in an order that chance has made, and the fewer instants there are. */
const GRID_MS = 200;
const VERY_LATE_MS = 20_000;
const LID_MS = 1_800_000;

/** What the process runs on. */
export interface Machine {
  /** It stands still until then. */
  suspendedUntil: number;
  /** A request that has not left when it begins to stand still leaves when it goes on. */
  holdsBack?: boolean;
  /** It stands still between a post's intent and its sending. */
  stalled?: boolean;
  wokeAt?: number;
}

/** What a process has where several hosts share a store. */
export interface Shared {
  mortal: Mortal;
  machine: Machine;
  /** Its own: stands still with the machine. */
  clock: Clock;
  /** How much likelier it dies after this than elsewhere. */
  weight(point: string): number;
  /** How much likelier it stands still before a sending. */
  stallWeight(): number;
  /** The way through which the process works. */
  store: Store;
  join(store: Store): Pick<Pieces, 'presence' | 'lock'>;
}

export async function startLife(
  world: LeanWorld,
  raw: Store,
  lock: Lock | undefined,
  shared?: Shared,
): Promise<Life> {
  const { random, weather } = world;
  const { mortal, clock } = shared ?? { mortal: newMortal(), clock: world.clock };
  const machine: Machine = shared?.machine ?? world;
  const passed = (point = '') => {
    mortal.points += 1;
    if (!world.calm && random.death.chance(weather.death * (shared?.weight(point) ?? 1)))
      die(mortal, clock.now());
  };
  const vault = mortalVault(world.vault, mortal, passed);
  /** The lid is closed between a post's intent and its sending. */
  const stall = async (point: string): Promise<void> => {
    if (
      !point.startsWith('intend ') ||
      mortal.dead ||
      world.calm ||
      !random.net.chance(weather.stall * (shared?.stallWeight() ?? 1))
    )
      return;
    machine.suspendedUntil = clock.now() + LID_MS;
    machine.stalled = true;
    await clock.sleep(LID_MS);
    machine.stalled = false;
    mortal.stirs += 1;
  };
  const store = mortalStore(shared?.store ?? raw, mortal, passed, stall);
  const transport = leanTransport(world, machine, mortal, passed);
  const joined = shared?.join(store) ?? {};

  const life: Life = Object.assign(mortal, {
    raw,
    lock,
    ended: 0,
    startedAt: clock.now(),
    tried: new Map<number, number>(),
    judgedAt: 0,
    engine: undefined as unknown as Engine,
    ...(joined.presence ? { presence: joined.presence } : {}),
  });
  const deps = await wire({
    clock,
    random: () => random.engine.next(),
    registry: {
      platform: (id) => world.platforms.get(id),
      service: (id) => (id === 'tiktok' ? world.source.service : world.platforms.get(id)),
      source: (kind) => (kind === 'lean' ? world.source.source : undefined),
    },
    store,
    vault,
    transport,
    app: appOf,
    media: film,
    ...joined,
    settings: {
      retry: { baseMs: 2000, capMs: 3_600_000, attempts: 5, giveUpMs: 30 * 86_400_000 },
      concurrency: 24,
      pollIntervalMs: 600_000,
    },
    // Some worlds keep every exchange, and are searched for secrets.
    traced: world.seed % 10 === 1,
    emit: (event) => watch(world, life, event),
  });
  life.engine = createEngine(deps);
  life.engine.onEnd(() => {
    life.ended += 1;
  });
  return life;
}

/** Whatever is said is read: nothing secret may be in it. */
function watch(world: LeanWorld, life: Life, event: EngineEvent): void {
  if (life.dead) return;
  if (event.kind === 'job-ended') {
    const { id, account, state, reason, error } = event.job;
    note(world, `job ${id} ${account.account} ${state} ${reason ?? ''} ${error?.message ?? ''}`);
  }
  if (event.kind === 'job-started') life.tried.set(event.job.account.id, world.clock.now());
  else if (JSON.stringify(event).includes(SECRET)) world.breaches.push(`a secret in an event: ${event.kind}`);
}

const film = {
  path: '/dev/null',
  sha256: 'f'.repeat(64),
  mimeType: 'video/mp4',
  container: 'mp4',
  bytes: 4,
  durationMs: 12_000,
  width: 576,
  height: 1024,
  videoCodec: 'h264',
} as const;

/** The way to the small world's server: takes time, and goes wrong. */
function leanTransport(world: LeanWorld, machine: Machine, life: Mortal, passed: () => void): Transport {
  const { clock, server, random, weather, outages } = world;

  async function pause(ms: number): Promise<void> {
    life.stirs += 1;
    life.asleep += 1;
    await clock.sleep(Math.ceil((clock.now() + ms) / GRID_MS) * GRID_MS - clock.now());
    life.asleep -= 1;
    life.stirs += 1;
  }

  function serve(raw: RawRequest, platform: string): RawResponse {
    const url = new URL(raw.url);
    const { status, headers, body } = server.handle({
      platform,
      method: raw.method,
      path: url.pathname,
      query: url.searchParams,
      headers: raw.headers,
      body: typeof raw.body === 'string' ? raw.body : '',
    });
    return { status, headers: headers ?? {}, text: JSON.stringify(body) };
  }

  async function untilAwake(): Promise<void> {
    while (machine.suspendedUntil > clock.now()) await pause(machine.suspendedUntil - clock.now());
  }

  async function send(raw: RawRequest): Promise<RawResponse> {
    if (life.dead) throw new Crash('dead');

    // What stood still in the middle of a renewal may ask with what another renewed meanwhile.
    if (raw.url.includes('/token') && typeof raw.body === 'string' && machine.wokeAt !== clock.now())
      server.tokens.judgeSending(new URLSearchParams(raw.body));
    const platform = raw.url.slice(8, raw.url.indexOf('.'));
    const out = (outages.get(platform) ?? 0) > clock.now();
    const fate: Fate = out ? outage : fateOf(random.net, world.calm ? 0 : weather.trouble);
    const neverLeft = random.net.chance(0.5);
    await pause(LATENCY_MS * (random.net.chance(0.9) ? 1 : random.net.between(2, 20)));
    if (machine.holdsBack && neverLeft) await untilAwake();
    // Who dies with a request on its way can't call it back.
    if (life.dead && neverLeft) throw new Crash('dead');
    const truth = fate.done === 'now' ? serve(raw, platform) : undefined;
    note(
      world,
      `${raw.method} ${raw.url.slice(8)} ${typeof raw.body === 'string' ? raw.body : ''} ${fate.name} ${truth?.text ?? ''}`,
    );
    if (fate.done === 'late')
      void clock.sleep(random.net.between(0, VERY_LATE_MS)).then(() => serve(raw, platform));
    if (fate.silenceMs !== undefined && !life.dead) await pause(fate.silenceMs);
    await untilAwake();
    if (life.dead) throw new Crash('dead');
    passed();
    if (life.dead) throw new Crash('dead');
    const answer = fate.back ? fate.back(truth) : truth;
    if (raw.url.includes('/token') && answer === truth && answer) server.tokens.received(answer.text, life);
    if (!answer) throw new Error(`no answer for ${fate.name}`);
    return answer;
  }

  return { send, download: () => Promise.reject(new Error('nothing to download')), close: async () => {} };
}

const outage: Fate = {
  ...plain,
  name: 'outage',
  done: 'never',
  back: () => ({ status: 503, headers: {}, text: '' }),
};
