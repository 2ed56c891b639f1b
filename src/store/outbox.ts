import type { AlertMessage } from '../core/alert.ts';
import type { JobError } from '../core/job.ts';
import type { AlertStore, DeliveryRow, MessageRow } from './alert-types.ts';
import type { Connection, Values } from './connection.ts';
import { jsonOrNull, parse, parseOrNull } from './rows.ts';

interface MessageColumns {
  id: string;
  channel_id: number;
  body: string;
  state: MessageRow['state'];
  attempt: number;
  due_at: number;
  created_at: number;
}

interface DeliveryColumns {
  id: number;
  channel: string;
  kind: string;
  message_id: string;
  title: string;
  attempt: number;
  outcome: DeliveryRow['outcome'];
  error: string | null;
  at: number;
  took_ms: number;
}

type OutboxPart = Pick<
  AlertStore,
  'outbox' | 'take' | 'settle' | 'recover' | 'hasten' | 'log' | 'deliveries' | 'prune'
>;

/** Messages on their way, and the record of every try. */
export function outbox({ query, read, write }: Connection): OutboxPart {
  const heads = query<MessageColumns>(`
    SELECT * FROM alert_messages m WHERE state IN ('waiting', 'sending') AND rowid = (
      SELECT o.rowid FROM alert_messages o WHERE o.channel_id = m.channel_id
        AND o.state IN ('waiting', 'sending') ORDER BY o.created_at, o.rowid LIMIT 1)
    ORDER BY created_at`);
  const take = query<MessageColumns>(`
    UPDATE alert_messages SET state = 'sending', attempt = attempt + 1
    WHERE id = :id AND state = 'waiting' RETURNING *`);
  const again = query("UPDATE alert_messages SET state = 'waiting', due_at = :dueAt WHERE id = :id");
  const over = query('UPDATE alert_messages SET state = :state, ended_at = :at WHERE id = :id');
  const insert = query(`
    INSERT INTO alert_deliveries (channel, kind, message_id, title, attempt, outcome, error, at, took_ms)
    VALUES (:channel, :kind, :messageId, :title, :attempt, :outcome, :error, :at, :tookMs)`);
  const recover = query("UPDATE alert_messages SET state = 'waiting', due_at = :now WHERE state = 'sending'");
  const hasten = query(`
    UPDATE alert_messages SET due_at = :now WHERE channel_id = :channelId AND state = 'waiting'`);
  const list = query<DeliveryColumns>(`
    SELECT * FROM alert_deliveries WHERE channel = :channel OR :channel IS NULL ORDER BY id DESC LIMIT :limit`);
  const pruneMessages = query('DELETE FROM alert_messages WHERE ended_at < :before');
  const pruneProblems = query('DELETE FROM alert_problems WHERE resolved_at < :before');
  const pruneDeliveries = query('DELETE FROM alert_deliveries WHERE at < :before');

  return {
    outbox: () =>
      read(function* () {
        return (yield* heads.all()).map(messageOf);
      }),
    take: (id) =>
      write(function* () {
        const row = yield* take.get({ id });
        return row && messageOf(row);
      }),
    settle: (id, delivery, dueAt) =>
      write(function* () {
        yield* insert.run(valuesOf(delivery));
        if (dueAt !== null) yield* again.run({ id, dueAt });
        else yield* over.run({ id, state: delivery.outcome === 'sent' ? 'sent' : 'failed', at: delivery.at });
      }),
    recover: (now) =>
      write(function* () {
        return (yield* recover.run({ now })).changes;
      }),
    hasten: (channelId, now) =>
      write(function* () {
        yield* hasten.run({ channelId, now });
      }),
    log: (delivery) =>
      write(function* () {
        yield* insert.run(valuesOf(delivery));
      }),
    deliveries: ({ channel, limit }) =>
      read(function* () {
        return (yield* list.all({ channel: channel ?? null, limit })).map(deliveryOf);
      }),
    prune: (before) =>
      write(function* () {
        yield* pruneMessages.run({ before });
        yield* pruneProblems.run({ before });
        yield* pruneDeliveries.run({ before });
      }),
  };
}

function messageOf(row: MessageColumns): MessageRow {
  return {
    id: row.id,
    channelId: row.channel_id,
    body: parse<AlertMessage>(row.body),
    state: row.state,
    attempt: row.attempt,
    dueAt: row.due_at,
    createdAt: row.created_at,
  };
}

function deliveryOf(row: DeliveryColumns): DeliveryRow {
  return {
    id: row.id,
    channel: row.channel,
    kind: row.kind,
    messageId: row.message_id,
    title: row.title,
    attempt: row.attempt,
    outcome: row.outcome,
    error: parseOrNull<JobError>(row.error),
    at: row.at,
    tookMs: row.took_ms,
  };
}

function valuesOf({ error, ...rest }: Omit<DeliveryRow, 'id'>): Values {
  return { ...rest, error: jsonOrNull(error) };
}
