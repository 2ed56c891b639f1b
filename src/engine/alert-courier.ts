import { type AlertMessage, type Channel, type Problem, wants } from '../core/alert.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, type Failure } from '../core/failure.ts';
import { errorOf } from '../core/job.ts';
import type { DeliveryRow, MessageRow } from '../store/alert-types.ts';
import type { AlertDeps } from './alerts.ts';

/** Brings messages from the outbox to their services, each channel's in order. */
export interface Courier {
  /** Sends what is due. Gives when more is (epoch ms), or null. */
  deliver(channels: readonly Channel[]): Promise<number | null>;
  /** Tells the heartbeats that a cycle went well. */
  beat(channels: readonly Channel[]): Promise<void>;
  /** Channels that refuse, or could not be reached several times in a row. */
  failing(channels: readonly Channel[]): Promise<{ name: string; message: string }[]>;
  isFor(channel: Channel, problem: Problem): boolean;
}

const FIRST_PAUSE_MS = 5 * SECOND;
const LONGEST_PAUSE_MS = HOUR;
/** What a service refuses needs a person: the next try is for after they have mended it. */
const REFUSED_PAUSE_MS = 30 * MINUTE;
/** After this a message is given up: what is still wrong by then is told anew once the channel works. */
const GIVE_UP_MS = 3 * DAY;
const FAILING_AT = 3;

type Sender = Pick<AlertDeps, 'store' | 'clock' | 'random' | 'send' | 'newId' | 'onError'>;

export function createCourier(deps: Sender): Courier {
  const { store, clock } = deps;
  /** What the last try of a channel ended with, where it failed. */
  const errors = new Map<number, Failure>();
  const beatsFailed = new Set<number>();

  async function sendAll(channel: Channel, head: MessageRow): Promise<number | null> {
    for (let next: MessageRow | undefined = head; next; next = await headOf(channel)) {
      if (next.dueAt > clock.now()) return next.dueAt;
      const taken = await store.alerts.take(next.id, clock.now());
      if (!taken) return null;
      const pausedUntil = await sendOne(channel, taken);
      if (pausedUntil !== null) return pausedUntil;
    }
    return null;
  }

  async function headOf(channel: Channel): Promise<MessageRow | undefined> {
    return (await store.alerts.outbox()).find(({ channelId }) => channelId === channel.id);
  }

  /** Null where the next message may follow; else when this one is tried again. */
  async function sendOne(channel: Channel, row: MessageRow): Promise<number | null> {
    const startedAt = clock.now();
    const record = (outcome: DeliveryRow['outcome'], failure?: Failure): Omit<DeliveryRow, 'id'> => ({
      channel: channel.name,
      kind: channel.kind,
      messageId: row.id,
      title: row.body.title,
      attempt: row.attempt,
      outcome,
      error: failure ? errorOf(failure) : null,
      at: clock.now(),
      tookMs: Math.max(0, clock.now() - startedAt),
    });
    try {
      await deps.send(channel, row.body);
    } catch (error) {
      const failure = asFailure(error);
      errors.set(channel.id, failure);
      const again = clock.now() - row.createdAt >= GIVE_UP_MS ? null : pauseAfter(failure, row.attempt);
      await store.alerts.settle(row.id, record(again === null ? 'failed' : 'retried', failure), again);
      return again;
    }
    errors.delete(channel.id);
    await store.alerts.settle(row.id, record('sent'), null);
    return null;
  }

  function pauseAfter(failure: Failure, attempt: number): number {
    const now = clock.now();
    if (failure.kind === 'reject' || failure.kind === 'login') return now + REFUSED_PAUSE_MS;
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 4 ** Math.min(attempt - 1, 10));
    const wait = Math.ceil(ceiling * (0.5 + deps.random() / 2));
    return Math.max(now + wait, failure.notBefore ?? 0);
  }

  return {
    isFor: wants,
    async deliver(channels) {
      const heads = await store.alerts.outbox();
      const next = await Promise.all(
        heads.flatMap((head) => {
          const channel = channels.find(({ id }) => id === head.channelId);
          return channel ? [sendAll(channel, head)] : [];
        }),
      );
      const dueAt = next.filter((at) => at !== null);
      return dueAt.length === 0 ? null : Math.min(...dueAt);
    },
    async beat(channels) {
      const hearts = channels.filter(({ kind }) => kind === 'heartbeat');
      await Promise.all(hearts.map((channel) => beatOne(channel)));
    },
    async failing(channels) {
      const heads = await store.alerts.outbox();
      return heads.flatMap(({ channelId, attempt }) => {
        const channel = channels.find(({ id }) => id === channelId);
        const error = errors.get(channelId);
        const refused = error?.kind === 'reject' || error?.kind === 'login';
        if (!channel || !(refused || attempt >= FAILING_AT)) return [];
        return [{ name: channel.name, message: error?.message ?? 'It could not be reached.' }];
      });
    },
  };

  /** Only the first failure and the first success after it are written down: a beat comes every minute. */
  async function beatOne(channel: Channel): Promise<void> {
    const message = beatMessage(deps.newId(), clock.now());
    const startedAt = clock.now();
    let failure: Failure | undefined;
    try {
      await deps.send(channel, message);
    } catch (error) {
      failure = asFailure(error);
    }
    if ((failure !== undefined) === beatsFailed.has(channel.id)) return;
    if (failure) beatsFailed.add(channel.id);
    else beatsFailed.delete(channel.id);
    await store.alerts.log({
      channel: channel.name,
      kind: channel.kind,
      messageId: message.id,
      title: message.title,
      attempt: 1,
      outcome: failure ? 'failed' : 'sent',
      error: failure ? errorOf(failure) : null,
      at: clock.now(),
      tookMs: Math.max(0, clock.now() - startedAt),
    });
  }
}

function beatMessage(id: string, now: number): AlertMessage {
  return {
    schemaVersion: 1,
    id,
    kind: 'test',
    severity: 'info',
    title: 'heartbeat',
    lines: [],
    items: [],
    more: 0,
    createdAt: new Date(now).toISOString(),
  };
}
