import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import { asFailure } from '../../src/core/failure.ts';
import type { HttpRequest } from '../../src/core/http.ts';
import type { Service } from '../../src/core/platform.ts';
import { openMeter } from '../../src/engine/meter.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { bareFolder, T0 } from './homes.ts';
import { type Findings, figure, judged, spread } from './report.ts';

interface Cap {
  max: number;
  windowMs: number;
}

/** Caps of the kinds that platforms have. */
const caps: readonly Cap[] = [
  { max: 10, windowMs: SECOND },
  { max: 6, windowMs: MINUTE },
  { max: 30, windowMs: MINUTE },
  { max: 20, windowMs: 5 * MINUTE },
  { max: 20, windowMs: HOUR },
  { max: 10, windowMs: 24 * HOUR },
];

/** How long is spent from a cap, and how often the process dies meanwhile. */
const WINDOWS = 100;
const RESTARTS = 4;

/**
 * The engine's meter over the store on the disk, by a clock that is moved by hand: asked without pause to spend, each
 * time again at the instant that it names. The window that matters is the platform's: it counts when a request
 * arrives, which is here the instant at which it was spent.
 */
export async function limits(): Promise<Findings> {
  const folder = bareFolder();
  try {
    const runs: { cap: Cap; fullest: number; steady: number; minute: number }[] = [];
    for (const [n, cap] of caps.entries()) {
      const spent = await spendAll(join(folder, `${n}.db`), cap);
      const from = T0 + cap.windowMs;
      const span = (WINDOWS - 1) * cap.windowMs;
      const steady = spent.filter((at) => at >= from && at < from + span).length;
      runs.push({
        cap,
        fullest: fullest(spent, cap.windowMs) / cap.max,
        steady: steady / (cap.max * (span / cap.windowMs)),
        minute: spent.filter((at) => at < T0 + cap.windowMs).length / cap.max,
      });
    }
    const sample = runs.map(({ cap, steady }) => `${sayCap(cap)} ${figure(steady)}`).join(', ');
    return {
      rows: [
        judged(
          `fullest sliding window of ${caps.length} caps, ${RESTARTS} restarts in between`,
          'the cap',
          { atMost: 1 },
          spread(runs.map((run) => run.fullest)),
          `${caps.map(sayCap).join(', ')}; spent without pause for ${WINDOWS} windows`,
          'limits fullest',
        ),
        judged(
          'used of what is allowed, within one window',
          'the cap',
          { atLeast: 0.95 },
          spread(runs.map((run) => run.minute)),
          'the first window of each',
          'limits used',
        ),
        judged(
          'used of what is allowed, window after window',
          'the cap',
          { atLeast: 0.95 },
          spread(runs.map((run) => run.steady)),
          sample,
          'limits steady',
        ),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sayCap = ({ max, windowMs }: Cap) =>
  `${max} in ${windowMs >= MINUTE ? `${windowMs / MINUTE} min` : `${windowMs / SECOND} s`}`;

/** Instants at which the meter let something through. */
async function spendAll(path: string, { max, windowMs }: Cap): Promise<number[]> {
  const clock = new TestClock(T0);
  const limit = {
    bucket: 'calls',
    title: 'calls',
    scope: 'account' as const,
    max,
    window: { kind: 'trailing' as const, ms: windowMs },
    source: '-',
  };
  const service = { id: 'youtube', limits: [limit], costs: { '*': { calls: 1 } } } as unknown as Service;
  const account = { id: 1, platform: 'youtube' as const, user: 'me' };
  const open = async () => {
    const store = await openStore({ path, clock });
    return { store, meter: openMeter({ service, account, limits: store.limits, clock }) };
  };
  let life = await open();
  const spent: number[] = [];
  const until = T0 + WINDOWS * windowMs;
  const restarts = Array.from(
    { length: RESTARTS },
    (_, n) => T0 + ((n + 1) * WINDOWS * windowMs) / (RESTARTS + 1),
  );
  while (clock.now() < until) {
    const request: HttpRequest = { url: 'https://bench.example/', call: 'any' };
    try {
      await life.meter.spend(request);
      spent.push(clock.now());
      await life.meter.ended?.(request);
    } catch (error) {
      const { notBefore } = asFailure(error);
      if (notBefore === undefined || notBefore <= clock.now()) throw error;
      clock.advance(notBefore - clock.now());
    }
    if (restarts.length > 0 && clock.now() >= (restarts[0] ?? 0)) {
      restarts.shift();
      await life.store.close();
      life = await open();
    }
  }
  await life.store.close();
  return spent;
}

/** Most instants within any window of this length, both ends not counted twice. */
function fullest(instants: readonly number[], windowMs: number): number {
  let first = 0;
  let most = 0;
  for (const [n, at] of instants.entries()) {
    while ((instants[first] ?? at) <= at - windowMs) first += 1;
    most = Math.max(most, n - first + 1);
  }
  return most;
}
