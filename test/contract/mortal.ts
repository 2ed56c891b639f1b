import type { Transport } from '../../src/net/wire.ts';
import type { Store } from '../../src/store/types.ts';

/** The process died here: everything it held is gone, what the disk and the platforms hold stays. */
export class Crash extends Error {
  override name = 'Crash';
}

/** Calls that change nothing outside: dying around them is dying at the next one that does. */
const reads =
  /^(get|list|load|counts|waitingByReason|dueLanes|nextRunAt|attempts|posts|oldestWaiting|known|media|peek|state|inUse|version)$/;

/**
 * Counts the points at which a process can die so that it matters: after each write to the store, and after
 * each request (the platform did its work, nobody heard the answer). At the chosen point everything throws
 * from then on.
 */
export interface Mortality {
  /** Points passed so far. */
  passed: number;
  dead: boolean;
  store(store: Store): Store;
  transport(transport: Transport): Transport;
}

export function mortality(dieAt: number): Mortality {
  const life: Mortality = { passed: 0, dead: false, store, transport };

  async function through<T>(work: () => Promise<T>): Promise<T> {
    if (life.dead) throw new Crash('dead already');
    const result = await work();
    if (life.dead) throw new Crash('died meanwhile');
    life.passed += 1;
    if (life.passed === dieAt) {
      life.dead = true;
      throw new Crash(`died at point ${dieAt}`);
    }
    return result;
  }

  function store(whole: Store): Store {
    const mortal = Object.entries(whole).map(([room, functions]) => [
      room,
      typeof functions === 'object' ? wrap(functions as object) : functions,
    ]);
    return Object.fromEntries(mortal) as Store;
  }

  function wrap(functions: object): object {
    return new Proxy(functions, {
      get(target, name, receiver) {
        const own: unknown = Reflect.get(target, name, receiver);
        if (typeof own !== 'function') return own;
        return (...args: unknown[]) => {
          if (reads.test(String(name)))
            return life.dead ? Promise.reject(new Crash('dead already')) : own.apply(target, args);
          return through(() => own.apply(target, args) as Promise<unknown>);
        };
      },
    });
  }

  function transport(whole: Transport): Transport {
    return { ...whole, send: (request) => through(() => whole.send(request)) };
  }

  return life;
}
