/** One lane, as fairness sees it. */
export interface LaneOwner {
  accountId: number;
  user: string;
  platform: string;
}

/** Places that the busiest platform leaves to others, so that one that hangs never holds everybody up. */
const RESERVED = 2;

/**
 * Which due lanes run next: always one of the user, then of the platform, with the fewest running; among equals
 * the one that waits longest. Pure. `due` comes in the order of waiting.
 */
export function chooseLanes(
  due: readonly LaneOwner[],
  running: readonly LaneOwner[],
  room: number,
  concurrency: number,
): LaneOwner[] {
  const most = Math.max(1, concurrency - RESERVED);
  const users = tally(running, (lane) => lane.user);
  const platforms = tally(running, (lane) => lane.platform);
  const left = [...due];
  const chosen: LaneOwner[] = [];
  while (chosen.length < room) {
    const candidates = left.filter((lane) => (platforms.get(lane.platform) ?? 0) < most);
    const next = candidates.reduce<LaneOwner | undefined>(
      (best, lane) => (best && load(best) <= load(lane) ? best : lane),
      undefined,
    );
    if (!next) break;
    left.splice(left.indexOf(next), 1);
    chosen.push(next);
    users.set(next.user, (users.get(next.user) ?? 0) + 1);
    platforms.set(next.platform, (platforms.get(next.platform) ?? 0) + 1);
  }
  return chosen;

  /** The user's load counts first, the platform's only between lanes of equal users. */
  function load(lane: LaneOwner): number {
    return (users.get(lane.user) ?? 0) * 1000 + (platforms.get(lane.platform) ?? 0);
  }
}

function tally<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
