import type { Vault } from '../../src/core/vault.ts';
import type { Store } from '../../src/store/types.ts';

/** The process died here: everything it held is gone, what disk, vault and platforms hold stays. */
export class Crash extends Error {
  override name = 'Crash';
}

/** One life of the process as its surroundings see it. */
export interface Mortal {
  dead: boolean;
  diedAt?: number;
  /** Points passed: ends of writes, ends of requests. */
  points: number;
  /** Calls to disk, vault and network that began or ended: while it moves, something runs. */
  stirs: number;
  /** Requests that wait for time to pass. */
  asleep: number;
  /** Requests that a platform is answering. */
  busy: number;
  /** Renewals of tokens under way. */
  renewing: number;
  /** Calls to a database server that it has not answered yet. */
  calls: number;
  /** Told when it answers one. */
  onAnswer?: () => void;
  /** What else ends with it, at that instant. */
  onDeath?: () => void;
}

export const newMortal = (): Mortal => ({
  dead: false,
  points: 0,
  stirs: 0,
  asleep: 0,
  busy: 0,
  renewing: 0,
  calls: 0,
});

/** The process ends here, as if it were killed. */
export function die(life: Mortal, now: number): void {
  if (life.dead) return;
  life.dead = true;
  life.diedAt = now;
  life.onDeath?.();
}

/** How many turns of the event loop nothing may stir before all that runs waits for time to pass. */
const QUIET_TURNS = 3;

/** Resolves when everything in this process waits for the clock. Nothing here waits for a disk or a socket. */
export async function untilQuiet(life: Mortal): Promise<void> {
  for (let quiet = 0, seen = -1; quiet < QUIET_TURNS; ) {
    await new Promise(setImmediate);
    quiet = life.stirs === seen ? quiet + 1 : 0;
    seen = life.stirs;
  }
}

/** Calls that change nothing outside. */
const reads =
  /^(get|list|load|counts|waitingByReason|dueLanes|nextRunAt|attempts|posts|oldestWaiting|known|media|peek|state|inUse|version|open)$/;

type Anything = (...args: unknown[]) => Promise<unknown>;

/** The process may die after each write; once dead it reaches nothing any more. */
function wrap(
  name: string,
  work: Anything,
  life: Mortal,
  passed: (point: string) => void,
  stall?: (point: string) => Promise<void>,
): Anything {
  if (reads.test(name)) {
    return (...args) => {
      life.stirs += 1;
      return life.dead ? Promise.reject(new Crash('dead')) : work(...args);
    };
  }
  return async (...args) => {
    life.stirs += 1;
    if (life.dead) throw new Crash('dead');
    const result = await work(...args);
    life.stirs += 1;
    const point = `${name} ${args[0]}`;
    if (!life.dead) passed(point);
    await stall?.(point);
    if (life.dead) throw new Crash('dead');
    return result;
  };
}

/** The store as a process sees it that dies where `passed` says so, and is stopped after a write where `stall` waits. */
export function mortalStore(
  store: Store,
  life: Mortal,
  passed: (point: string) => void,
  stall?: (point: string) => Promise<void>,
): Store {
  const rooms = Object.entries(store).map(([room, functions]) => {
    if (typeof functions !== 'object') return [room, functions];
    const wrapped = Object.entries(functions as Record<string, Anything>).map(([name, work]) => [
      name,
      wrap(name, work, life, passed, stall),
    ]);
    return [room, Object.fromEntries(wrapped)];
  });
  return Object.fromEntries(rooms) as Store;
}

export function mortalVault(vault: Vault, life: Mortal, passed: (point: string) => void): Vault {
  return {
    ...vault,
    read: (name) => (life.dead ? Promise.reject(new Crash('dead')) : vault.read(name)),
    write: wrap('write', vault.write as Anything, life, passed) as Vault['write'],
    remove: wrap('remove', vault.remove as Anything, life, passed) as Vault['remove'],
  };
}
