import { later } from '../core/failure.ts';
import type { Meter } from '../core/session.ts';
import { type MeterOptions, openMeter, spendsOf } from './meter.ts';

/** This part of every limit is for publishing alone. */
const KEPT = 0.2;

/**
 * The meter of what can wait: it spends only what publishing leaves over, and never money. What an answer says about a
 * limit holds for everybody. `spend` throws `later` where nothing is over.
 */
export function spareMeter(options: MeterOptions): Meter {
  const { service, account, limits, clock } = options;
  const meter = openMeter(options);
  return {
    ...meter,
    async spend(request) {
      const now = clock.now();
      for (const { scopeKey, limit, amount } of spendsOf(service, account, request.call)) {
        const { used, max, blockedUntil, resetsAt } = await limits.state(scopeKey, limit, now);
        const over = limit.unit !== 'millicents' && used + amount <= max * (1 - KEPT);
        if (over && blockedUntil === null) continue;
        throw later(
          blockedUntil ?? resetsAt ?? now,
          `What is left is kept for publishing: ${limit.title}.`,
          'quota',
        );
      }
      await meter.spend(request);
    },
  };
}
