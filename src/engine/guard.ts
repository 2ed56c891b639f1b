import type { Account } from '../core/account.ts';
import { type Clock, HOUR } from '../core/clock.ts';
import { later } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { Platform, RecentPost } from '../core/platform.ts';
import type { Store } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';

/** What is kept outside the database: it goes on where the database goes back. */
export interface Marker {
  homeId: string;
  generation: number;
}

export interface HomeFacts {
  /** Names this machine; two that share it are one. */
  machineId: string;
  /** Where the database lies. */
  path: string;
  /** Where several hosts share the database: which one this is. Each counts for itself. */
  host?: string;
  readMarker(homeId: string): Promise<Marker | undefined>;
  writeMarker(marker: Marker): Promise<void>;
  /** The same, quick: called before every post. */
  noteMarker(marker: Marker): Promise<void>;
  newId(): string;
}

export interface Quarantine {
  /** Why the database may not know all that was posted. */
  reason: string;
  since: number;
  /** Posts after this instant are looked at (epoch ms). */
  lookFrom: number;
  /** Accounts that were looked at and are sound, or that a person let go. */
  released: number[];
}

/**
 * Called once by whoever works on the home, under its lock. A database that went back in time (a restored
 * backup) or that lives twice (a copied home) would post again what it does not remember: then nothing goes
 * out before each account was looked at, or a person let it go.
 */
export async function enterHome(
  store: Store,
  facts: HomeFacts,
  now: number,
): Promise<Quarantine | undefined> {
  const { meta } = store;
  const homeId = (await meta.get('home.id')) ?? facts.newId();
  const key = keysOf(facts.host);
  const generation = Number((await meta.get(key('generation'))) ?? '0');
  const lookFrom = Number((await meta.get(key('enteredAt'))) ?? now);
  const marker = await facts.readMarker(homeId);
  const reason = generation === 0 ? undefined : await suspicion(store, facts, marker, generation);
  if (reason !== undefined && !(await readQuarantine(store))) {
    await writeQuarantine(store, { reason, since: now, lookFrom: lookFrom - HOUR, released: [] });
  }
  const next = Math.max(generation, marker?.generation ?? 0) + 1;
  await meta.set('home.id', homeId);
  await meta.set(key('machine'), facts.machineId);
  await meta.set(key('path'), facts.path);
  await meta.set(key('enteredAt'), String(now));
  await meta.set(key('generation'), String(next));
  await facts.writeMarker({ homeId, generation: next });
  return readQuarantine(store);
}

/**
 * Gives what is called between a post's intent and its request: it carries the count on, in the database and
 * outside. A backup made while this run was under way, or a database that lost its latest pages, then counts
 * less than what is kept outside, and `enterHome` sees that it does not know all that was posted.
 */
export function openWitness(
  store: Store,
  facts: Pick<HomeFacts, 'noteMarker' | 'host'>,
): () => Promise<void> {
  const key = keysOf(facts.host)('generation');
  let entered: Promise<Marker | undefined> | undefined;
  let noted = 0;
  let noting: Promise<void> | undefined;

  async function note({ homeId, generation }: Marker): Promise<void> {
    await store.meta.set(key, String(generation));
    await facts.noteMarker({ homeId, generation });
    noted = generation;
  }

  return async () => {
    entered ??= markerOf(store, key);
    const marker = await entered;
    if (!marker) return;
    marker.generation += 1;
    const own = marker.generation;
    // One at a time, and each for all that wait: a server may commit what left later before what left sooner.
    while (noted < own) {
      noting ??= note({ ...marker }).finally(() => {
        noting = undefined;
      });
      await noting;
    }
  };
}

/** Undefined where nobody has entered the home as its worker. */
async function markerOf({ meta }: Store, key: string): Promise<Marker | undefined> {
  const homeId = await meta.get('home.id');
  return homeId === undefined ? undefined : { homeId, generation: Number((await meta.get(key)) ?? '0') };
}

/** Where `meta` keeps what a home knows of itself. */
function keysOf(host: string | undefined): (name: string) => string {
  return (name) => (host === undefined ? `home.${name}` : `home.${name}/${host}`);
}

async function suspicion(
  store: Store,
  facts: HomeFacts,
  marker: Marker | undefined,
  generation: number,
): Promise<string | undefined> {
  if (marker && marker.generation > generation)
    return 'the database is older than what was posted last: a backup was restored, or its end is lost';
  const key = keysOf(facts.host);
  const machine = await store.meta.get(key('machine'));
  if (machine !== facts.machineId) return 'the database comes from another machine';
  const path = await store.meta.get(key('path'));
  if (path !== facts.path) return `the database was at ${path} before: it may live twice`;
  return undefined;
}

export async function readQuarantine(store: Store): Promise<Quarantine | undefined> {
  const text = await store.meta.get('quarantine');
  return text === undefined ? undefined : (JSON.parse(text) as Quarantine);
}

async function writeQuarantine(store: Store, quarantine: Quarantine): Promise<void> {
  await store.meta.set('quarantine', JSON.stringify(quarantine));
}

/** A person let an account go (or, without one, all): whatever it shows, its jobs go out. */
export async function releaseQuarantine(store: Store, accountId?: number): Promise<void> {
  const quarantine = await readQuarantine(store);
  if (!quarantine) return;
  if (accountId === undefined) return store.meta.remove('quarantine');
  const released = [...new Set([...quarantine.released, accountId])];
  const waiting = (await store.accounts.list()).filter((account) => !released.includes(account.id));
  if (waiting.length === 0) await store.meta.remove('quarantine');
  else await writeQuarantine(store, { ...quarantine, released });
}

/** Posts of the account that the database does not know. Undefined where the platform can't be asked. */
export async function strangePosts(
  store: Store,
  platform: Platform,
  account: Account,
  http: Http,
  clock: Clock,
  lookFrom: number,
): Promise<RecentPost[] | undefined> {
  const recent = await platform.recent?.({ http, account, clock, since: lookFrom });
  if (!recent) return undefined;
  const known = new Set(
    (await store.jobs.posts({ accountId: account.id, limit: 1000 })).map((job) => job.post?.id),
  );
  return recent.filter((post) => post.publishedAt >= lookFrom && !known.has(post.id));
}

/** How long a held account waits for the next look. */
const LOOK_AGAIN_MS = HOUR;

/** Passes where the account may publish. In quarantine: looks at it once, and lets it go where all it shows is known. */
export async function passQuarantine(
  deps: EngineDeps,
  platform: Platform,
  account: Account,
  http: Http,
): Promise<void> {
  const { store, clock } = deps;
  const quarantine = await readQuarantine(store);
  if (!quarantine || quarantine.released.includes(account.id)) return;
  // What was posted a moment ago is not listed yet: only a look after that time proves anything.
  const proofAt = quarantine.since + platform.settleMs;
  if (clock.now() < proofAt)
    throw later(proofAt, `Held, because ${quarantine.reason}: ${account.account} is looked at first.`);
  const strange = await strangePosts(store, platform, account, http, clock, quarantine.lookFrom);
  if (strange?.length === 0) return releaseQuarantine(store, account.id);
  const shown = strange
    ? `${account.account} shows ${strange.length} post(s) that it does not know`
    : `${platform.name} can’t be asked what was posted`;
  throw later(
    clock.now() + LOOK_AGAIN_MS,
    `Held, because ${quarantine.reason}: ${shown}. See: repost quarantine`,
    'paused',
  );
}
