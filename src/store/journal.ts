import { Failure } from '../core/failure.ts';
import type { Connection, Operation, Work } from './connection.ts';
import { holding } from './holding.ts';
import { parse } from './rows.ts';
import type { JournalStore, StepRow } from './types.ts';

interface Row {
  job_id: number;
  name: string;
  seq: number;
  kind: StepRow['kind'];
  state: StepRow['state'];
  result: string | null;
  sent: string;
  done_at: number | null;
}

/** When a request left; or when its intent was written, and the latest instant at which it may have left. */
type Sending = number | [intendedAt: number, latestAt: number];

const textOf = (sendings: readonly Sending[]) => JSON.stringify(sendings);
const intendedAt = (sending: Sending) => (Array.isArray(sending) ? sending[0] : sending);
const latestAt = (sending: Sending) => (Array.isArray(sending) ? sending[1] : sending);

/** The same sendings, the last of which may have left as late as `at`. */
function stretched(sent: string, at: (known: number) => number): string {
  const sendings = parse<Sending[]>(sent);
  const last = sendings.pop() ?? 0;
  return textOf([...sendings, [intendedAt(last), at(latestAt(last))]]);
}

/**
 * Notes, inside the caller's transaction, that what a job sent without an answer may have left as late as `at`:
 * whoever writes an intent can be stopped (a closed lid) before the request leaves, and die right after it. Never
 * earlier than what is known: this machine's clock may be behind.
 */
export function stretcher({ query }: Pick<Connection, 'query'>): (jobId: number, at: number) => Work<void> {
  const intents = query<Pick<Row, 'name' | 'sent'>>(`
    SELECT name, sent FROM steps WHERE job_id = :jobId AND kind = 'commit' AND state = 'intent'`);
  const setSent = query(SET_SENT);
  return function* (jobId, at) {
    for (const { name, sent } of yield* intents.all({ jobId }))
      yield* setSent.run({ jobId, name, sent: stretched(sent, (known) => Math.max(at, known)) });
  };
}

const SET_SENT = 'UPDATE steps SET sent = :sent WHERE job_id = :jobId AND name = :name';

/**
 * What each job did so far. For a commit the row keeps the instants of all sendings whose outcome is not
 * certainly nothing; a certain refusal takes away the last of them only, because it says nothing about those
 * before. Without any left there is no row: nothing was ever sent that could have appeared.
 */
export function journalStore(connection: Connection): JournalStore {
  const { query, read, write, writeLazily } = connection;
  const forget = forgetter(connection);
  const holds = holding(connection);
  const steps = query<Row>('SELECT * FROM steps WHERE job_id = :jobId ORDER BY seq');
  const nextSeq = '(SELECT coalesce(max(seq), 0) + 1 FROM steps WHERE job_id = :jobId)';
  const record = query(`
    INSERT INTO steps (job_id, name, seq, kind, state, result, done_at)
    VALUES (:jobId, :name, ${nextSeq}, :kind, 'done', :result, :now)
    ON CONFLICT (job_id, name) DO UPDATE SET state = 'done', result = excluded.result, done_at = excluded.done_at
      WHERE steps.kind = excluded.kind AND (steps.kind = 'commit' OR steps.result = excluded.result)`);
  const one = query<Row>('SELECT * FROM steps WHERE job_id = :jobId AND name = :name');
  const intend = query(`
    INSERT INTO steps (job_id, name, seq, kind, state, sent)
    VALUES (:jobId, :name, ${nextSeq}, 'commit', 'intent', :sent)`);
  const forgetSender = query('UPDATE jobs SET sender = NULL WHERE id = :jobId AND sender IS NOT NULL');
  const setSent = query(SET_SENT);
  const erase = query('DELETE FROM steps WHERE job_id = :jobId AND name = :name');

  /** What was sent without an answer; it throws where that is not what this step is. */
  function* intentOf(jobId: number, name: string): Generator<Operation, string, unknown> {
    const row = yield* one.get({ jobId, name });
    if (row?.kind !== 'commit' || row.state !== 'intent') throw wrong(jobId, name);
    return row.sent;
  }

  return {
    load: (jobId) =>
      read(function* () {
        return (yield* steps.all({ jobId })).map(stepOf);
      }),
    // A step can be done again; and an intent takes the steps before it to the disk.
    done: (jobId, name, kind, result, now) =>
      (kind === 'commit' ? write : writeLazily)(function* () {
        if ((yield* record.run({ jobId, name, kind, result, now })).changes > 0) return;
        const { kind: known } = (yield* one.get({ jobId, name })) as Row;
        throw known === kind ? doneElsewhere(jobId, name) : wrong(jobId, name);
      }),
    intend: (jobId, name, now, holder) =>
      write(function* () {
        if (holder && !(yield* holds(jobId, holder, yield* connection.now(now)))) throw leaseLost(jobId);
        if (!(yield* one.get({ jobId, name }))) {
          yield* intend.run({ jobId, name, sent: textOf([now]) });
          // Whoever sent before took it back: from now on it is this host’s.
          if (holder) yield* forgetSender.run({ jobId });
          return;
        }
        const sent = parse<Sending[]>(yield* intentOf(jobId, name));
        yield* setSent.run({ jobId, name, sent: textOf([...sent, now]) });
      }),
    mayArrive: (jobId, name, at) =>
      write(function* () {
        const sent = stretched(yield* intentOf(jobId, name), () => at);
        yield* setSent.run({ jobId, name, sent });
      }),
    withdraw: (jobId, name, _now, sentAt) =>
      write(function* () {
        if (sentAt !== undefined && (yield* one.get({ jobId, name }))?.state !== 'intent') return;
        const sendings = parse<Sending[]>(yield* intentOf(jobId, name));
        const own = sentAt === undefined ? sendings.length - 1 : sendings.map(intendedAt).lastIndexOf(sentAt);
        const left = sendings.filter((_, place) => place !== own);
        if (left.length === 0) yield* erase.run({ jobId, name });
        else yield* setSent.run({ jobId, name, sent: textOf(left) });
      }),
    forgetFrom: (jobId, name) =>
      write(function* () {
        if (yield* forget(jobId, name)) return;
        throw new Failure('E_WRONG_STATE', {
          message: `Job ${jobId} has sent its post since “${name}”: that can’t be forgotten.`,
        });
      }),
  };
}

/**
 * Forgets a step and all after it, inside the caller's transaction. False, and nothing is forgotten, where a
 * commit is among them: what was sent can't be unsent.
 */
export function forgetter({ query }: Connection): (jobId: number, name: string) => Work<boolean> {
  const from = 'job_id = :jobId AND seq >= (SELECT seq FROM steps WHERE job_id = :jobId AND name = :name)';
  const commit = query(`SELECT 1 FROM steps WHERE ${from} AND kind = 'commit'`);
  const forget = query(`DELETE FROM steps WHERE ${from}`);

  return function* (jobId, name) {
    if (yield* commit.get({ jobId, name })) return false;
    yield* forget.run({ jobId, name });
    return true;
  };
}

function stepOf(row: Row): StepRow {
  const sent = parse<Sending[]>(row.sent);
  const [first, last] = [sent[0], sent.at(-1)];
  return {
    jobId: row.job_id,
    seq: row.seq,
    name: row.name,
    kind: row.kind,
    state: row.state,
    result: row.result,
    sentAt: last === undefined ? null : intendedAt(last),
    firstSentAt: first === undefined ? null : intendedAt(first),
    ...(Array.isArray(last) ? { latestAt: last[1] } : {}),
    sends: sent.length,
    doneAt: row.done_at,
  };
}

function wrong(jobId: number, name: string): Failure {
  return new Failure('E_WRONG_STATE', {
    message: `The journal of job ${jobId} does not allow that for “${name}”.`,
  });
}

/** What another host made of it stands: its later steps may build on that. */
function doneElsewhere(jobId: number, name: string): Failure {
  return new Failure('E_LEASE_LOST', {
    message: `Another host has done “${name}” of job ${jobId} meanwhile, while this one stood still.`,
  });
}

function leaseLost(jobId: number): Failure {
  return new Failure('E_LEASE_LOST', {
    message: `Job ${jobId} is not this host’s any more: it did not say for too long that it is alive.`,
    certain: true,
  });
}
