import type { Account } from '../../../src/core/account.ts';
import { HOUR, MINUTE } from '../../../src/core/clock.ts';
import type { PlatformId } from '../../../src/core/names.ts';
import type { Vault } from '../../../src/core/vault.ts';
import { registry } from '../../../src/platforms/index.ts';
import { telegram } from '../../../src/platforms/telegram.ts';
import { signIn } from '../../../src/platforms/telegram-sign-in.ts';
import { tiktokService } from '../../../src/platforms/tiktok.ts';
import { simulators } from '../../../src/sandbox/index.ts';
import { createSandbox } from '../../../src/sandbox/sandbox.ts';
import type { Store } from '../../../src/store/types.ts';
import { memoryVault } from '../../../src/vault/memory.ts';
import { keepAccount, sandboxApp, signInTo, type World } from '../../contract/home.ts';
import { inProcessPlainHttp } from '../../platforms/in-process.ts';
import { SimClock } from '../clock.ts';
import { createDisk } from '../disk.ts';
import { type Random, randomOf } from '../random.ts';
import type { ScriptEvent, Stage } from '../stage.ts';

type Shared =
  | 'seed'
  | 'clock'
  | 'disk'
  | 'calm'
  | 'calmSince'
  | 'suspendedUntil'
  | 'events'
  | 'breaches'
  | 'trail';

/** One video on the simulated TikTok. */
export interface Film {
  id: string;
  /** Stands in its caption, and so in every post of it. */
  tag: string;
  hidden: boolean;
}

/** All real platforms over their simulators, and everything else that outlasts a process. */
export interface FullWorld extends Pick<Stage, Shared>, Omit<World, 'clock'> {
  clock: SimClock;
  platforms: readonly PlatformId[];
  films: Film[];
  /** Every secret that was ever put into the vault. */
  secrets: Set<string>;
  random: Record<'death' | 'engine' | 'script' | 'person', Random>;
}

const destinations = [
  'youtube',
  'instagram',
  'x',
  'facebook',
  'threads',
  'bluesky',
  'mastodon',
  'linkedin',
  'pinterest',
  'telegram',
] as const satisfies readonly PlatformId[];

const VIDEOS = 8;

export function createFullWorld(seed: number): FullWorld {
  const random = {
    death: randomOf(seed, 'death'),
    engine: randomOf(seed, 'engine'),
    script: randomOf(seed, 'script'),
    person: randomOf(seed, 'person'),
  };
  const clock = new SimClock(Date.UTC(2026, 9, 31, 18) + random.script.between(0, 6 * HOUR));
  const secrets = new Set<string>();
  return {
    seed,
    clock,
    disk: createDisk(),
    calm: false,
    calmSince: 0,
    suspendedUntil: 0,
    events: script(clock.now(), random.script),
    breaches: [],
    trail: [],
    sandbox: createSandbox({ clock, seed, simulators }),
    store: undefined as unknown as Store,
    vault: listeningVault(secrets),
    platforms: destinations,
    films: [],
    secrets,
    random,
  };
}

/** A vault in memory that remembers every secret it was given. */
function listeningVault(secrets: Set<string>): Vault {
  const vault = memoryVault();
  return {
    ...vault,
    write(name, value) {
      if (name.startsWith('grant/')) for (const secret of secretsIn(JSON.parse(value))) secrets.add(secret);
      return vault.write(name, value);
    },
  };
}

function secretsIn(kept: { grant?: Record<string, unknown> }): string[] {
  const { accessToken, refreshToken, extra } = kept.grant ?? {};
  const all = [accessToken, refreshToken, ...Object.values((extra ?? {}) as Record<string, unknown>)];
  return all.filter((one): one is string => typeof one === 'string' && one.length >= 20);
}

/** A second sending must show: whatever would hide one is switched off. */
async function exposeDoubles({ sandbox }: FullWorld): Promise<void> {
  await sandbox.control('x', 'quirks', { duplicateHours: 0 });
  await sandbox.control('youtube', 'quirks', { forgetsFinished: true });
  await sandbox.control('linkedin', 'quirks', { duplicateHours: 0, leastBytes: 1000, partBytes: 40_000 });
  await sandbox.control('pinterest', 'quirks', { mediaOnce: false });
}

export async function furnishFull(world: FullWorld): Promise<void> {
  world.store = await world.disk.open(world.clock);
  await exposeDoubles(world);
  const { store, clock } = world;
  const sourceAccount = await signInTo(world, tiktokService);
  const now = clock.now();
  const source = await store.sources.add(
    { kind: 'tiktok', accountId: sourceAccount.id, locator: null, name: sourceAccount.account, user: 'me' },
    now,
  );
  const accounts: Account[] = [];
  for (const platform of world.platforms) accounts.push(await signInAgain(world, platform));
  await store.rules.add(
    {
      name: 'everywhere',
      user: 'me',
      sourceId: source.id,
      destinations: accounts.map(({ id }) => ({ accountId: id, options: {} })),
      media: [],
      delayMs: 0,
      approve: false,
      catchUp: { kind: 'all' },
      paused: false,
      startsAt: now - HOUR,
      spec: {},
    },
    now,
  );
  world.disk.kill();
}

/** As a person does it, in the browser. Gives the account. */
export async function signInAgain(world: FullWorld, platform: PlatformId): Promise<Account> {
  const service = registry.service(platform);
  if (!service) throw new Error(`no ${platform}`);
  const account =
    platform === 'telegram'
      ? await telegramAccount(world)
      : await signInTo(world, platform === 'tiktok' ? tiktokService : service);
  const now = world.clock.now();
  await world.store.jobs.hold(account.id, ['login'], 'ready', now, now);
  return account;
}

/** Telegram’s bots have a token that is pasted. */
async function telegramAccount(world: FullWorld): Promise<Account> {
  const http = inProcessPlainHttp(world.sandbox, telegram);
  const { token } = (await world.sandbox.control('telegram', 'token')) as { token: string };
  const asked = { http, app: undefined, clock: world.clock, token, handle: '@creator' };
  return keepAccount(world, telegram, await signIn.fromToken(asked), sandboxApp('telegram'));
}

/** What happens besides what the program does. */
function script(from: number, random: Random): ScriptEvent[] {
  const events: ScriptEvent[] = [];
  const gap = 45 * MINUTE;
  for (let n = 1; n <= VIDEOS; n += 1) {
    const at = from + n * gap + random.between(0, gap);
    events.push({ at, what: random.chance(0.15) ? 'late' : 'publish' });
  }
  const span = VIDEOS * gap;
  for (const what of ['hide', 'revoke', 'outage', 'suspend', 'intruder', 'intruder'] as const)
    events.push({ at: from + random.between(gap, span), what });
  for (let n = 1; n < 300; n += 1) events.push({ at: from + n * 3 * HOUR, what: 'person' });
  return events.sort((one, other) => one.at - other.at);
}
