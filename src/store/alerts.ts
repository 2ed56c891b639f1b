import type {
  AlertMessage,
  Channel,
  ChannelKind,
  ChannelSettings,
  ItemState,
  Problem,
} from '../core/alert.ts';
import { Failure } from '../core/failure.ts';
import type { AlertStore, NoticeRow, OpenProblem } from './alert-types.ts';
import type { Connection } from './connection.ts';
import { isDuplicate } from './errors.ts';
import { outbox } from './outbox.ts';
import { parse } from './rows.ts';

interface ChannelColumns {
  id: number;
  name: string;
  kind: ChannelKind;
  settings: string;
  digest_at: number | null;
  weekly_at: number | null;
  created_at: number;
  updated_at: number;
}

interface ProblemColumns {
  id: number;
  problem: string;
  opened_at: number;
  missing_since: number | null;
}

interface NoticeColumns {
  id: number;
  channel_id: number;
  problem_id: number;
  problem: string;
  opened_at: number;
  state: ItemState;
  step: string;
  due_at: number;
  message_id: string | null;
}

export function alertStore(connection: Connection): AlertStore {
  return { ...channelPart(connection), ...problemPart(connection), ...outbox(connection) };
}

type ChannelPart = Pick<
  AlertStore,
  'addChannel' | 'channels' | 'setDigestAt' | 'setWeeklyAt' | 'removeChannel'
>;

function channelPart({ query, read, write }: Connection): ChannelPart {
  const insert = query<ChannelColumns>(`
    INSERT INTO alert_channels (name, kind, settings, digest_at, weekly_at, created_at, updated_at)
    VALUES (:name, :kind, :settings, :digestAt, :weeklyAt, :now, :now) RETURNING *`);
  const all = query<ChannelColumns>('SELECT * FROM alert_channels ORDER BY id');
  const digest = query('UPDATE alert_channels SET digest_at = :at WHERE id = :id');
  const weekly = query('UPDATE alert_channels SET weekly_at = :at WHERE id = :id');
  const erase = query('DELETE FROM alert_channels WHERE name = :name');

  return {
    addChannel: ({ name, kind, settings, digestAt, weeklyAt }, now) =>
      write(function* () {
        try {
          const values = { name, kind, settings: JSON.stringify(settings), digestAt, weeklyAt, now };
          return channelOf((yield* insert.get(values)) as ChannelColumns);
        } catch (error) {
          throw isDuplicate(error) ? taken(name) : error;
        }
      }),
    channels: () =>
      read(function* () {
        return (yield* all.all()).map(channelOf);
      }),
    setDigestAt: (id, at) =>
      write(function* () {
        yield* digest.run({ id, at });
      }),
    setWeeklyAt: (id, at) =>
      write(function* () {
        yield* weekly.run({ id, at });
      }),
    removeChannel: (name) =>
      write(function* () {
        return (yield* erase.run({ name })).changes > 0;
      }),
  };
}

function taken(name: string): Failure {
  return new Failure('E_EXISTS', {
    message: `There is an alert channel “${name}” already.`,
    hint: 'Choose another --name, or remove that one first.',
    command: `repost alerts remove ${name}`,
  });
}

function channelOf(row: ChannelColumns): Channel {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    settings: parse<ChannelSettings>(row.settings),
    digestAt: row.digest_at,
    weeklyAt: row.weekly_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

type ProblemPart = Pick<AlertStore, 'open' | 'notices' | 'apply' | 'queue'>;

function problemPart({ query, read, write }: Connection): ProblemPart {
  const open = query<ProblemColumns>('SELECT * FROM alert_problems WHERE resolved_at IS NULL ORDER BY id');
  const notices = query<NoticeColumns>(`
    SELECT n.*, p.problem, p.opened_at FROM alert_notices n JOIN alert_problems p ON p.id = n.problem_id
    WHERE p.resolved_at IS NULL
    UNION ALL
    SELECT n.*, p.problem, p.opened_at FROM alert_notices n JOIN alert_problems p ON p.id = n.problem_id
    WHERE p.resolved_at IS NOT NULL AND n.message_id IS NULL
    ORDER BY 1`);
  const insert = query(`
    INSERT INTO alert_problems (key, problem, opened_at) VALUES (:key, :problem, :now)
    ON CONFLICT (key) WHERE resolved_at IS NULL DO UPDATE SET problem = excluded.problem`);
  const seen = query(
    'UPDATE alert_problems SET problem = :problem, missing_since = :missingSince WHERE id = :id',
  );
  const notice = query(`
    INSERT INTO alert_notices (channel_id, problem_id, state, step, due_at, message_id)
    SELECT c.id, p.id, :state, :step, :dueAt, :messageId FROM alert_channels c, alert_problems p
    WHERE c.id = :channelId AND p.key = :key AND p.resolved_at IS NULL
    ON CONFLICT DO NOTHING`);
  const drop = query('DELETE FROM alert_notices WHERE id = :id AND message_id IS NULL');
  const resolve = query('UPDATE alert_problems SET resolved_at = :now WHERE id = :id');
  const message = query(`
    INSERT INTO alert_messages (id, channel_id, body, state, due_at, created_at)
    SELECT :id, c.id, :body, 'waiting', :now, :now FROM alert_channels c WHERE c.id = :channelId`);
  const told = query('UPDATE alert_notices SET message_id = :messageId WHERE id = :id');

  return {
    open: () =>
      read(function* () {
        return (yield* open.all()).map(
          (row): OpenProblem => ({
            id: row.id,
            problem: parse<Problem>(row.problem),
            openedAt: row.opened_at,
            missingSince: row.missing_since,
          }),
        );
      }),
    notices: () =>
      read(function* () {
        return (yield* notices.all()).map(noticeOf);
      }),
    apply: (change, now) =>
      write(function* () {
        for (const problem of change.opened)
          yield* insert.run({ key: problem.key, problem: JSON.stringify(problem), now });
        for (const { id, problem, missingSince } of change.seen)
          yield* seen.run({ id, problem: JSON.stringify(problem), missingSince });
        for (const id of change.dropped) yield* drop.run({ id });
        for (const { channelId, key, state, step, dueAt, messageId = null } of change.notices)
          yield* notice.run({ channelId, key, state, step, dueAt, messageId });
        for (const id of change.resolved) yield* resolve.run({ id, now });
      }),
    queue: (body: AlertMessage, channelId, noticeIds, now) =>
      write(function* () {
        const { changes } = yield* message.run({ id: body.id, channelId, body: JSON.stringify(body), now });
        if (changes > 0) for (const id of noticeIds) yield* told.run({ id, messageId: body.id });
      }),
  };
}

function noticeOf(row: NoticeColumns): NoticeRow {
  return {
    id: row.id,
    channelId: row.channel_id,
    problemId: row.problem_id,
    problem: parse<Problem>(row.problem),
    openedAt: row.opened_at,
    state: row.state,
    step: row.step,
    dueAt: row.due_at,
    messageId: row.message_id,
  };
}
