import { Failure } from '../core/failure.ts';
import type { Changes, Connection, Work } from './connection.ts';
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

const stretchTo = (latest: string) => `
  UPDATE steps SET sent = json_set(sent, '$[#-1]', json_array(
    coalesce(json_extract(sent, '$[#-1][0]'), json_extract(sent, '$[#-1]')), CAST(${latest} AS INTEGER)))
  WHERE job_id = :jobId AND kind = 'commit' AND state = 'intent'`;
const LATEST = "coalesce(json_extract(sent, '$[#-1][1]'), json_extract(sent, '$[#-1]'))";

/**
 * Notes, inside the caller's transaction, that what a job sent without an answer may have left as late as `at`:
 * whoever writes an intent can be stopped (a closed lid) before the request leaves, and die right after it. Never
 * earlier than what is known: this machine's clock may be behind.
 */
export function stretcher({ query }: Connection): (jobId: number, at: number) => Work<Changes> {
  const stretch = query(stretchTo(`max(:at, ${LATEST})`));
  return (jobId, at) => stretch.run({ jobId, at });
}

/**
 * What each job did so far. For a commit the row keeps the instants of all sendings whose outcome is not
 * certainly nothing; a certain refusal takes away the last of them only, because it says nothing about those
 * before. Without any left there is no row: nothing was ever sent that could have appeared.
 */
export function journalStore(connection: Connection): JournalStore {
  const { query, read, write, writeLazily } = connection;
  const forget = forgetter(connection);
  const steps = query<Row>('SELECT * FROM steps WHERE job_id = :jobId ORDER BY seq');
  const nextSeq = '(SELECT coalesce(max(seq), 0) + 1 FROM steps WHERE job_id = :jobId)';
  const record = query(`
    INSERT INTO steps (job_id, name, seq, kind, state, result, done_at)
    VALUES (:jobId, :name, ${nextSeq}, :kind, 'done', :result, :now)
    ON CONFLICT DO UPDATE SET state = 'done', result = excluded.result, done_at = excluded.done_at
      WHERE kind = excluded.kind`);
  const intend = query(`
    INSERT INTO steps (job_id, name, seq, kind, state, sent)
    VALUES (:jobId, :name, ${nextSeq}, 'commit', 'intent', json_array(CAST(:now AS INTEGER)))
    ON CONFLICT DO UPDATE SET sent = json_insert(sent, '$[#]', CAST(:now AS INTEGER))
      WHERE kind = 'commit' AND state = 'intent'`);
  const withdraw = query<{ left: number }>(`
    UPDATE steps SET sent = json_remove(sent, '$[#-1]')
    WHERE job_id = :jobId AND name = :name AND kind = 'commit' AND state = 'intent'
    RETURNING json_array_length(sent) AS left`);
  const stretch = query(`${stretchTo(':at')} AND name = :name`);
  const erase = query('DELETE FROM steps WHERE job_id = :jobId AND name = :name');

  return {
    load: (jobId) =>
      read(function* () {
        return (yield* steps.all({ jobId })).map(stepOf);
      }),
    // A step can be done again; and an intent takes the steps before it to the disk.
    done: (jobId, name, kind, result, now) =>
      (kind === 'commit' ? write : writeLazily)(function* () {
        if ((yield* record.run({ jobId, name, kind, result, now })).changes === 0) throw wrong(jobId, name);
      }),
    intend: (jobId, name, now) =>
      write(function* () {
        if ((yield* intend.run({ jobId, name, now })).changes === 0) throw wrong(jobId, name);
      }),
    mayArrive: (jobId, name, at) =>
      write(function* () {
        if ((yield* stretch.run({ jobId, name, at })).changes === 0) throw wrong(jobId, name);
      }),
    withdraw: (jobId, name, _now) =>
      write(function* () {
        const row = yield* withdraw.get({ jobId, name });
        if (!row) throw wrong(jobId, name);
        if (row.left === 0) yield* erase.run({ jobId, name });
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
    sentAt: (Array.isArray(last) ? last[0] : last) ?? null,
    firstSentAt: (Array.isArray(first) ? first[0] : first) ?? null,
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
