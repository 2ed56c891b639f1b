import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { type Clock, MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Watch } from '../engine/daemon.ts';
import { openPresence, type Presence } from '../engine/presence.ts';
import type { Store } from '../store/types.ts';
import type { App } from './app.ts';
import { hostName } from './host-name.ts';
import { version } from './version.ts';

/** A host that gives no sign of life for so long may lose its jobs to others. */
const LEASE_MS = MINUTE;
/** Whoever tells people of trouble does so for this long at least. */
const ALERTS_TURN_MS = MINUTE;
/** A sign-in that is being renewed is one host's for so long. */
const LOCK_MS = 2 * MINUTE;
/** After so long of it nothing new is begun under it. */
const SAFE_MS = MINUTE;
const LOCK_PAUSE_MS = 250;

/** This process as a host of a shared store; undefined where the store is the home's own. */
export async function presenceOf(
  app: App,
  told: { onChange(): void; onError(error: unknown): void },
): Promise<Presence | undefined> {
  const host = hostName(app);
  if (host === undefined) return undefined;
  return openPresence({
    store: await app.store(),
    clock: app.clock,
    monotonic: () => performance.now(),
    holder: { host, instance: randomUUID(), leaseMs: LEASE_MS },
    version,
    ...told,
  });
}

/** Of several hosts one watches and tells; the others look now and then whether it still does. */
export function inTurn(watch: Watch, presence: Presence | undefined, clock: Clock): Watch {
  if (!presence) return watch;
  let leading = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  const leads = async () => {
    if (Math.abs(clock.now() - askedAt) < ALERTS_TURN_MS / 3) return leading;
    askedAt = clock.now();
    leading = false;
    leading = await presence.leads('alerts', ALERTS_TURN_MS);
    return leading;
  };
  return {
    look: async () => (await leads()) && watch.look(),
    cycled: async () => {
      if (await leads()) await watch.cycled();
    },
    nextAt: () => (leading ? watch.nextAt() : null),
  };
}

/**
 * Runs work while no other host runs work of this name. A host that dies in it holds the others up for two minutes.
 * The work can ask whether it may still count on that. Throws E_DB_BUSY where they wait longer.
 */
export async function withHostLock<T>(
  store: Pick<Store, 'hosts'>,
  clock: Clock,
  host: string,
  name: string,
  work: (held: () => boolean) => Promise<T>,
): Promise<T> {
  const one = { host, instance: randomUUID() };
  const task = `lock.${name}`;
  let held = stopwatch(clock);
  for (const deadline = clock.now() + 2 * LOCK_MS; ; await clock.sleep(LOCK_PAUSE_MS)) {
    held = stopwatch(clock);
    if (await store.hosts.lead(task, one, LOCK_MS, clock.now())) break;
    if (clock.now() >= deadline) {
      throw new Failure('E_DB_BUSY', { message: `Another host has held ${name} for four minutes.` });
    }
  }
  try {
    return await work(held);
  } finally {
    await store.hosts.yield(task, one);
  }
}

/** By two clocks: one stands still while a machine sleeps, the other may be set back. */
function stopwatch(clock: Clock): () => boolean {
  const [began, at] = [performance.now(), clock.now()];
  return () => Math.max(performance.now() - began, clock.now() - at) < SAFE_MS;
}
