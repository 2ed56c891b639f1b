import { onTestFinished } from 'vitest';
import type { AlertMessage, Channel, ChannelKind, ChannelSettings } from '../../src/core/alert.ts';
import { MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import { type Alerts, createAlerts } from '../../src/engine/alerts.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { T0 } from '../store/examples.ts';

export const settings: ChannelSettings = {
  severity: 'warning',
  only: null,
  except: [],
  user: null,
  quiet: null,
  digest: null,
  repeatMs: 0,
  place: 'a test',
};

export interface Told {
  at: number;
  channel: string;
  message: AlertMessage;
}

export interface AlertWorld {
  clock: TestClock;
  store: Store;
  told: Told[];
  errors: unknown[];
  alerts: Alerts;
  /** What the next sendings end with; undefined: they go well. */
  failWith: { failure: Failure | undefined };
  disk: { freeBytes: number };
  /** A person has stopped everything. */
  paused: boolean;
  addChannel(change?: Partial<ChannelSettings>, name?: string, kind?: ChannelKind): Promise<Channel>;
  /** Lets time pass as the daemon does: a look every half minute, or as often as it is said. */
  live(ms: number, each?: () => Promise<void>, stepMs?: number): Promise<void>;
  /** The process dies and comes back. */
  restart(): void;
  /** Each item told, as `state key-ish title`. */
  items(channel?: string): string[];
}

/** Alerts on a store in memory, with a clock and channels of our own. */
export async function openAlertWorld(store?: Store): Promise<AlertWorld> {
  const clock = new TestClock(T0);
  const used = store ?? (await openStore({ path: ':memory:', clock }));
  onTestFinished(() => used.close());
  const told: Told[] = [];
  const errors: unknown[] = [];
  const failWith: AlertWorld['failWith'] = { failure: undefined };
  const disk = { freeBytes: 50e9 };
  let made = 0;
  const open = () =>
    createAlerts({
      store: used,
      clock,
      random: () => 0.5,
      send: async (channel, message) => {
        if (failWith.failure) throw failWith.failure;
        told.push({ at: clock.now(), channel: channel.name, message });
      },
      newId: () => {
        made += 1;
        return `message-${made}`;
      },
      settings: () => ({ pollIntervalMs: 2 * MINUTE, timeZone: 'Europe/Rome' }),
      paused: async () => world.paused,
      freeBytes: async () => disk.freeBytes,
      onError: (error) => errors.push(error),
    });
  const world: AlertWorld = {
    clock,
    store: used,
    told,
    errors,
    failWith,
    disk,
    paused: false,
    alerts: open(),
    addChannel: (change = {}, name = 'slack', kind = 'slack') =>
      used.alerts.addChannel(
        { name, kind, settings: { ...settings, ...change }, digestAt: null, weeklyAt: null },
        clock.now(),
      ),
    async live(ms, each, stepMs = 30 * SECOND) {
      const until = clock.now() + ms;
      while (clock.now() < until) {
        await each?.();
        await world.alerts.look();
        clock.advance(stepMs);
      }
    },
    restart() {
      world.alerts = open();
    },
    items: (channel) =>
      told
        .filter((one) => channel === undefined || one.channel === channel)
        .flatMap(({ message }) => message.items.map(({ state, title }) => `${state} ${title}`)),
  };
  return world;
}
