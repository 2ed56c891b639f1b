import type { Report } from './stage.ts';

/** What all worlds so far came to. */
export interface Totals {
  worlds: number;
  posts: number;
  /** Of those: out while things went wrong. */
  troubled: number;
  unknown: number;
  dead: number;
  cancelled: number;
  crashes: number;
  powerCuts: number;
  cutCommits: number;
  freezes: number;
  requests: number;
  breaches: number;
}

export const noTotals = (): Totals => ({
  worlds: 0,
  posts: 0,
  troubled: 0,
  unknown: 0,
  dead: 0,
  cancelled: 0,
  crashes: 0,
  powerCuts: 0,
  cutCommits: 0,
  freezes: 0,
  requests: 0,
  breaches: 0,
});

export function add(
  totals: Totals,
  { ended, troubled, crashes, powerCuts, cutCommits, freezes, requests, breaches }: Report,
): void {
  totals.worlds += 1;
  totals.posts += ended['published'] ?? 0;
  totals.troubled += troubled;
  totals.unknown += ended['unknown'] ?? 0;
  totals.dead += ended['dead'] ?? 0;
  totals.cancelled += ended['cancelled'] ?? 0;
  totals.crashes += crashes;
  totals.powerCuts += powerCuts;
  totals.cutCommits += cutCommits;
  totals.freezes += freezes;
  totals.requests += requests;
  totals.breaches += breaches.length;
}

/** When it is enough; what is left out has no bound. */
export interface Goal {
  posts?: number;
  crashes?: number;
  worlds?: number;
  ms?: number;
}

/** Everything that was asked for is reached, or the time is up. */
export function reached(goal: Goal, totals: Totals, elapsedMs: number): boolean {
  if (goal.ms !== undefined && elapsedMs >= goal.ms) return true;
  const counts = (['posts', 'crashes', 'worlds'] as const).filter((what) => goal[what] !== undefined);
  return counts.length > 0 && counts.every((what) => totals[what] >= (goal[what] ?? 0));
}
