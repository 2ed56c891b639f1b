import type { Random } from '../sim/random.ts';
import type { PostgresServer } from '../store/postgres-program.ts';
import type { Host } from './crew.ts';
import type { Networks } from './networks.ts';
import { wait } from './wait.ts';

export const troubles = ['killed', 'paused', 'no database', 'no platforms', 'database restarted'] as const;
export type Trouble = (typeof troubles)[number];

export interface TroublesOptions {
  hosts: readonly Host[];
  networks: Networks;
  postgres: PostgresServer;
  /** What a restarted server is started with. */
  settings: string;
  random: Random;
  /** Between one trouble and the next, on average (ms). */
  everyMs: number;
  say(text: string): void;
}

const SECOND = 1000;

/** What befalls the daemons until `signal`: never all of them at once, but for the server. Gives how often each. */
export async function trouble(
  options: TroublesOptions,
  signal: AbortSignal,
): Promise<Record<Trouble, number>> {
  const { hosts, random, say } = options;
  const counts = Object.fromEntries(troubles.map((one) => [one, 0])) as Record<Trouble, number>;
  const well = new Set(hosts);
  const under: Promise<void>[] = [];
  // Each of them once, in the order of the list, before chance decides.
  let next = 0;
  while (!signal.aborted) {
    await wait(random.between(options.everyMs / 2, options.everyMs * 1.5), signal);
    if (signal.aborted) break;
    const kind = next < troubles.length ? troubles[next] : random.pick(troubles);
    if (kind === undefined) break;
    if (kind === 'database restarted') {
      next += 1;
      counts[kind] += 1;
      await restart(options, signal);
      continue;
    }
    // One stays as it is, or nobody would work.
    if (well.size < 2) continue;
    next += 1;
    const host = random.pick([...well]);
    well.delete(host);
    counts[kind] += 1;
    under.push(befall(kind, host, options, signal).finally(() => well.add(host)));
    say(`machine ${host.machine}: ${kind}`);
  }
  await Promise.all(under);
  return counts;
}

async function befall(
  kind: Exclude<Trouble, 'database restarted'>,
  host: Host,
  { random, networks }: TroublesOptions,
  signal: AbortSignal,
): Promise<void> {
  switch (kind) {
    case 'killed':
      await host.kill();
      await wait(random.between(0, 20 * SECOND), signal);
      return host.start();
    case 'paused':
      // A lease is a minute: half of the pauses outlast it.
      host.pause();
      await wait(random.between(SECOND, 120 * SECOND), signal);
      return host.resume();
    case 'no database':
    case 'no platforms': {
      const link = kind === 'no database' ? 'database' : 'platforms';
      networks.cut(host.machine, link);
      await wait(random.between(SECOND, link === 'database' ? 100 * SECOND : 30 * SECOND), signal);
      return networks.mend(host.machine, link);
    }
  }
}

/** As an administrator does it, or as it falls over. */
async function restart(
  { postgres, settings, random, say }: TroublesOptions,
  signal: AbortSignal,
): Promise<void> {
  const how = random.pick(['fast', 'immediate'] as const);
  postgres.stop(how);
  say(`the server: stopped (${how})`);
  await wait(random.between(0, 10 * SECOND), signal);
  postgres.start(settings);
}
