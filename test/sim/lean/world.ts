import type { Account, App } from '../../../src/core/account.ts';
import { HOUR, MINUTE } from '../../../src/core/clock.ts';
import type { PlatformId } from '../../../src/core/names.ts';
import type { Platform, Service } from '../../../src/core/platform.ts';
import type { Store } from '../../../src/store/types.ts';
import { saveGrant } from '../../../src/vault/grants.ts';
import { memoryVault } from '../../../src/vault/memory.ts';
import { SimClock } from '../clock.ts';
import type { Place } from '../disk.ts';
import { type Random, randomOf } from '../random.ts';
import type { ScriptEvent, Stage } from '../stage.ts';
import type { Caller } from './ceilings.ts';
import { type Flavour, flavoursOf, sourceFlavour } from './flavours.ts';
import { leanPlatform, leanSource } from './platform.ts';
import { createServer, type LeanServer } from './server.ts';

/** How hard a world is on its inhabitants. */
export interface Weather {
  /** Videos of each of the two sources. */
  videos: number;
  /** Chance that something befalls a request. */
  trouble: number;
  /** Chance of dying at a point. */
  death: number;
  /** Chance that the machine falls asleep between a post's intent and its sending. */
  stall: number;
}

export const usualWeather: Weather = { videos: 40, trouble: 0.06, death: 0.0035, stall: 0.005 };

type Shared = 'seed' | 'clock' | 'calm' | 'calmSince' | 'suspendedUntil' | 'events' | 'breaches' | 'trail';

/** Everything that outlasts a process. */
export interface LeanWorld extends Pick<Stage, Shared> {
  weather: Weather;
  disk: Place;
  flavours: readonly Flavour[];
  server: LeanServer;
  vault: ReturnType<typeof memoryVault>;
  platforms: Map<PlatformId, Platform>;
  source: ReturnType<typeof leanSource>;
  callers: Caller[];
  random: Record<'net' | 'death' | 'engine' | 'script' | 'person', Random>;
  /** Platforms that answer nothing but 503, until when. */
  outages: Map<string, number>;
}

/** The last weekend of daylight saving time, the first one, and one without any. */
const starts = [Date.UTC(2026, 9, 31, 18), Date.UTC(2026, 2, 7, 20), Date.UTC(2026, 5, 10, 6)];

export function createWorld<Disk extends Place>(
  seed: number,
  weather: Weather,
  disk: Disk,
): LeanWorld & { disk: Disk } {
  const random = {
    net: randomOf(seed, 'net'),
    death: randomOf(seed, 'death'),
    engine: randomOf(seed, 'engine'),
    script: randomOf(seed, 'script'),
    person: randomOf(seed, 'person'),
  };
  const clock = new SimClock((starts[seed % starts.length] ?? 0) + random.script.between(0, 6 * HOUR));
  const flavours = flavoursOf(seed);
  const server = createServer(clock, randomOf(seed, 'server'), flavours);
  return {
    seed,
    weather,
    flavours,
    clock,
    disk,
    server,
    vault: memoryVault(),
    platforms: new Map(flavours.map((flavour) => [flavour.id, leanPlatform(flavour)])),
    source: leanSource(sourceFlavour),
    callers: [],
    random,
    calm: false,
    calmSince: 0,
    suspendedUntil: 0,
    outages: new Map(),
    events: script(clock.now(), weather, random.script),
    breaches: server.breaches,
    trail: [],
  };
}

const users = ['ann', 'ben'] as const;

/** Two people, each with a source and an account on every platform; Ann's rule also feeds a second account. */
export async function furnish(world: LeanWorld): Promise<void> {
  const store = await world.disk.open(world.clock);
  for (const user of users) {
    const sourceAccount = await signIn(world, store, { platform: 'tiktok', accountId: `tt-${user}`, user });
    const now = world.clock.now();
    const source = await store.sources.add(
      { kind: 'lean', accountId: sourceAccount.id, locator: null, name: `tiktok:@${user}`, user },
      now,
    );
    const destinations: Account[] = [];
    for (const { id } of world.flavours) {
      for (const nth of user === 'ann' ? [1, 2] : [1])
        destinations.push(
          await signIn(world, store, { platform: id, accountId: `${id}-${user}-${nth}`, user }),
        );
    }
    await store.rules.add(
      {
        name: `all-of-${user}`,
        user,
        sourceId: source.id,
        destinations: destinations.map(({ id }) => ({ accountId: id, options: {} })),
        media: [],
        delayMs: user === 'ben' ? 10 * MINUTE : 0,
        approve: false,
        catchUp: { kind: 'all' },
        paused: false,
        startsAt: now - HOUR,
        spec: {},
      },
      now,
    );
  }
  world.disk.kill();
}

/** A person signs in, for the first time or again. */
export async function signIn(world: LeanWorld, store: Store, caller: Caller): Promise<Account> {
  const { clock, vault, server } = world;
  if (!world.callers.some(({ accountId }) => accountId === caller.accountId)) world.callers.push(caller);
  const grant = server.tokens.signIn(caller);
  const platform = caller.platform as PlatformId;
  await saveGrant(vault, { platform, remoteId: caller.accountId }, grant);
  const handle = `@${caller.accountId}`;
  const account = await store.accounts.save(
    {
      platform,
      remoteId: caller.accountId,
      handle,
      name: handle,
      user: caller.user,
      scopes: grant.scopes,
      settings: {},
      expiresAt: grant.expiresAt,
    },
    clock.now(),
  );
  await store.jobs.hold(account.id, ['login'], 'ready', clock.now(), clock.now());
  return account;
}

export const appOf = (service: Service): App => ({
  platform: service.id,
  host: '',
  clientId: `id-of-${service.id}`,
  clientSecret: `sEcReT0-app-${service.id}-never-to-be-seen`,
  settings: {},
});

/** What happens in the world besides what the program does. */
function script(from: number, { videos }: Weather, random: Random): ScriptEvent[] {
  const events: ScriptEvent[] = [];
  const gap = 6 * MINUTE;
  // Limits and retries stretch the work: trouble lasts until nearly all is out.
  const troubled = 4;
  const span = videos * gap;
  const some = (what: ScriptEvent['what'], every: number) => {
    for (let at = from + every; at < from + troubled * span; at += random.between(every / 2, (every * 3) / 2))
      events.push({ at: Math.floor(at), what });
  };
  for (let n = 1; n <= videos; n += 1) {
    const at = from + n * gap + random.between(0, gap);
    events.push({ at, what: random.chance(0.1) ? 'late' : 'publish' });
  }
  some('hide', HOUR);
  some('revoke', 2 * HOUR);
  some('outage', 3 * HOUR);
  some('intruder', HOUR);
  some('suspend', 2 * HOUR);
  for (let at = from + 2 * HOUR; at < from + troubled * span + 40 * 24 * HOUR; at += 4 * HOUR)
    events.push({ at, what: 'person' });
  return events.sort((one, other) => one.at - other.at);
}
