import { HOUR, MINUTE } from '../../../src/core/clock.ts';
import type { Store } from '../../../src/store/types.ts';
import { type Host, type HostsWorld, LEASE_MS, works } from './host.ts';

/** While a host works, a lane whose next job is due tries one at least this often. */
const PATIENCE_MS = 15 * MINUTE;
/** A breaker's longest pause, and another one. */
const BREAKER_MS = 2 * HOUR;
/** A lease, and until others look. */
const NEVER = Number.POSITIVE_INFINITY;
const TAKEN_OVER_MS = 3 * LEASE_MS;

/** What must hold at every moment: what a host left is taken over, and no lane waits for nothing. */
export function momentJudge(world: HostsWorld, store: Store, hosts: readonly Host[]): () => Promise<void> {
  const { clock, breaches } = world;
  let judgedAt = 0;
  /** Since when one of the hosts works at least. */
  let wellSince = NEVER;
  let tried = new Map<number, number>();

  /** A host's jobs run in its lanes; those of one that is gone are another's. */
  async function judgeHeld(now: number): Promise<void> {
    const rows = new Map((await store.hosts.list()).map((row) => [row.name, row]));
    const otherWorks = (host: Host) =>
      hosts.some((other) => other !== host && works(other) && now - other.wellSince > TAKEN_OVER_MS);
    for (const host of hosts) {
      const running = rows.get(host.name)?.running ?? 0;
      const { life } = host;
      if (works(host) && life) {
        if (now - host.wellSince > TAKEN_OVER_MS && running > life.engine.running())
          breaches.push(
            `forgotten: ${running} jobs run on ${host.name}, and ${life.engine.running()} lanes work`,
          );
      } else if (
        running > 0 &&
        now - Math.max(rows.get(host.name)?.seenAt ?? 0, 0) > TAKEN_OVER_MS &&
        otherWorks(host)
      )
        breaches.push(
          `left: ${running} jobs are held by ${host.name}, which is gone, and no other takes them`,
        );
    }
  }

  return async () => {
    const now = clock.now();
    if (!hosts.some(works)) wellSince = NEVER;
    else if (wellSince === NEVER) wellSince = now;
    if (now < judgedAt + MINUTE) return;
    judgedAt = now;
    await judgeHeld(now);
    tried = latest(tried, hosts);
    const working = hosts.filter(works);
    const since = Math.max(
      wellSince,
      // Between two looks all may have rested, and one come back.
      Math.min(...working.map((host) => host.wellSince)),
      ...working.map((host) => host.machine.wokeAt ?? 0),
    );
    if (now - since < PATIENCE_MS) return;
    for (const { accountId, openUntil } of await store.breakers.open()) {
      if (openUntil !== null && world.calm && openUntil > Math.max(world.calmSince, since) + BREAKER_MS)
        breaches.push(`the breaker of account ${accountId} stays open though all is well`);
    }
    for (const accountId of await store.jobs.dueLanes(now - PATIENCE_MS, [])) {
      if (now - Math.max(tried.get(accountId) ?? 0, since) > PATIENCE_MS)
        breaches.push(
          `starved: the lane of account ${accountId} has a job due, and none was tried for 15 minutes`,
        );
    }
  };
}

/** When a job of each lane was last tried, by whichever host. */
function latest(known: Map<number, number>, hosts: readonly Host[]): Map<number, number> {
  const all = new Map(known);
  for (const { life } of hosts)
    for (const [lane, at] of life?.tried ?? []) all.set(lane, Math.max(at, all.get(lane) ?? 0));
  return all;
}
