import type { Channel } from '../core/alert.ts';
import { nextTime, nextTimeOfWeek, parseTimeOfDay, parseTimeOfWeek } from '../core/alert-hours.ts';
import type { OpenProblem } from '../store/alert-types.ts';
import { composeAlert, composeDigest } from './alert-compose.ts';
import { HOLD_MS, nextBatch } from './alert-plan.ts';
import { composeWeek } from './alert-week.ts';
import type { AlertDeps } from './alerts.ts';

type Gathered = Pick<AlertDeps, 'store' | 'clock' | 'newId' | 'settings'>;

/** Puts what is due into the outbox, and gives when more comes due (epoch ms). */
export interface Gatherer {
  alerts(
    channels: readonly Channel[],
    open: readonly OpenProblem[],
    groupMs: number,
  ): Promise<readonly number[]>;
  digests(channels: readonly Channel[], open: readonly OpenProblem[]): Promise<readonly number[]>;
  weeks(channels: readonly Channel[]): Promise<readonly number[]>;
}

export function createGatherer(deps: Gathered): Gatherer {
  const { store, clock } = deps;
  const lastMessageAt = new Map<number, number>();

  return {
    async alerts(channels, open, groupMs) {
      const now = clock.now();
      const { timeZone } = deps.settings();
      const notices = await store.alerts.notices();
      const missing = new Set(open.filter((one) => one.missingSince !== null).map(({ id }) => id));
      const later: number[] = open.flatMap((one) =>
        one.missingSince === null ? [] : [one.missingSince + HOLD_MS],
      );
      for (const channel of channels) {
        const last = lastMessageAt.get(channel.id);
        const input = { now, timeZone, channel, notices, missing, lastMessageAt: last, groupMs };
        const batch = nextBatch(input);
        if (batch.at !== null) later.push(batch.at);
        if (batch.notices.length === 0) continue;
        const message = composeAlert(deps.newId(), batch.notices, now);
        const ids = batch.notices.map(({ id }) => id);
        await store.alerts.queue(message, channel.id, ids, now);
        lastMessageAt.set(channel.id, now);
      }
      return later;
    },

    async digests(channels, open) {
      const now = clock.now();
      const later: number[] = [];
      for (const channel of channels) {
        const { digestAt, settings } = channel;
        if (digestAt === null || settings.digest === null) continue;
        if (digestAt > now) {
          later.push(digestAt);
          continue;
        }
        const next = nextTime(parseTimeOfDay(settings.digest), deps.settings().timeZone, now);
        const shown = open.filter(({ missingSince }) => missingSince === null);
        await store.alerts.queue(await composeDigest(store, deps.newId(), shown, now), channel.id, [], now);
        await store.alerts.setDigestAt(channel.id, next);
        later.push(next);
      }
      return later;
    },

    async weeks(channels) {
      const now = clock.now();
      const later: number[] = [];
      for (const { id, weeklyAt, settings } of channels) {
        if (weeklyAt === null || !settings.weekly) continue;
        if (weeklyAt > now) {
          later.push(weeklyAt);
          continue;
        }
        const next = nextTimeOfWeek(parseTimeOfWeek(settings.weekly), deps.settings().timeZone, now);
        await store.alerts.queue(await composeWeek(store, deps.newId(), settings.user, now), id, [], now);
        await store.alerts.setWeeklyAt(id, next);
        later.push(next);
      }
      return later;
    },
  };
}
