import { Failure } from '../core/failure.ts';
import { errorOf } from '../core/job.ts';
import { auditor, ENGINE } from './audit.ts';
import { doubt, SET_CANCELLED, UNHELD } from './cancelling.ts';
import type { Connection, Operation, Work } from './connection.ts';
import { heldBy, RUNS_HERE } from './holding.ts';
import { jobLists } from './job-lists.ts';
import { type JobColumns, jobReader } from './job-rows.ts';
import { forgetter } from './journal.ts';
import { laneStore } from './lanes.ts';
import { jsonOrNull } from './rows.ts';
import type { AttemptRow, JobStore, PostRow } from './types.ts';
import { signedOut } from './videos.ts';

/** One video to one destination account, at most once. */
export function jobStore(connection: Connection): JobStore {
  return {
    ...jobLists(connection),
    ...laneStore(connection),
    ...outcomes(connection),
    ...decisions(connection),
  };
}

/** What the engine writes at the end of a run. */
function outcomes(connection: Connection): Pick<JobStore, 'settle' | 'publish'> {
  const { query, write } = connection;
  const jobs = jobReader(connection);
  const forget = forgetter(connection);
  const savePost = postWriter(connection);
  const note = auditor(connection);
  const settle = query(`
    UPDATE jobs SET state = :state, reason = :reason, run_at = :runAt, attempt = :attempt,
      give_up_at = :giveUpAt, error = :error, ${UNHELD}, updated_at = :now
    WHERE id = :id AND ${RUNS_HERE}`);
  const insertAttempt = query(`
    INSERT INTO attempts (job_id, started_at, ended_at, outcome, error, exchange)
    VALUES (:id, :startedAt, :endedAt, :outcome, :error, :exchange)`);
  const keepAttempt = (id: number, attempt: Omit<AttemptRow, 'id' | 'jobId'>) =>
    insertAttempt.run({
      id,
      startedAt: attempt.startedAt,
      endedAt: attempt.endedAt,
      outcome: attempt.outcome,
      error: jsonOrNull(attempt.error),
      exchange: jsonOrNull(attempt.exchange),
    });

  return {
    settle: (id, verdict, attempt, now, holder) =>
      write(function* () {
        const { state, reason, runAt, giveUpAt } = verdict;
        const error = jsonOrNull(verdict.error);
        const values = {
          id,
          state,
          reason,
          runAt,
          giveUpAt,
          error,
          attempt: verdict.attempt,
          now,
          ...heldBy(holder),
        };
        if ((yield* settle.run(values)).changes === 0) throw notIn(yield* jobs.need(id), 'running');
        // A redo never reaches past a commit: then the journal stays as it is, and the next run looks it up.
        if (verdict.redoFrom !== undefined) yield* forget(id, verdict.redoFrom);
        yield* keepAttempt(id, attempt);
      }),
    // Whatever else changes a job names the states that it changes; two that publish it are told if they differ.
    publish: (id, post, attempt, now) =>
      write(
        function* () {
          // A post that is out is written down whatever the job's state was meanwhile set to.
          yield* savePost(yield* jobs.need(id), post, now);
          yield* keepAttempt(id, attempt);
          yield* note('published', id, ENGINE, now);
        },
        [`job ${id}`],
      ),
  };
}

/** What a person (or, for `cancel`, the source) decides. */
function decisions(
  connection: Connection,
): Pick<JobStore, 'cancel' | 'retry' | 'resolve' | 'approve' | 'edit'> {
  const { query } = connection;
  /** A transaction on the word of whoever asks for it now. */
  const write = <T>(work: (actor: string) => Work<T>): Promise<T> => {
    const actor = connection.actor();
    return connection.write(() => work(actor));
  };
  const jobs = jobReader(connection);
  const savePost = postWriter(connection);
  const note = auditor(connection);
  const cancel = query(`UPDATE jobs ${SET_CANCELLED} WHERE id = :id`);
  const restart = query(`
    UPDATE jobs SET state = 'waiting', reason = 'ready', run_at = :now, attempt = 0, give_up_at = NULL,
      error = NULL, updated_at = :now WHERE id = :id`);
  const hurry = query("UPDATE jobs SET reason = 'ready', run_at = :now, updated_at = :now WHERE id = :id");
  const approve = query(`
    UPDATE jobs SET reason = CASE WHEN run_at > :now THEN 'delay' ELSE 'ready' END,
      text = coalesce(:text, text), updated_at = :now WHERE id = :id`);
  const setText = query('UPDATE jobs SET text = :text, updated_at = :now WHERE id = :id');
  const composed = query("SELECT 1 FROM steps WHERE job_id = :id AND name = 'compose text'");
  const forget = forgetter(connection);
  const live = query('SELECT 1 FROM accounts WHERE id = :id AND removed_at IS NULL');
  const committed = query("SELECT 1 FROM steps WHERE job_id = :id AND kind = 'commit' AND state = 'done'");
  const forgetIntent = query("DELETE FROM steps WHERE job_id = :id AND kind = 'commit'");
  const forgetAll = query('DELETE FROM steps WHERE job_id = :id');

  return {
    cancel: (id, error, now) =>
      write(function* (actor) {
        const row = yield* jobs.need(id);
        // A run in progress may be sending right now; only the run itself, which says why, may end it.
        const allowed = error ? ['waiting', 'dead', 'running'] : ['waiting', 'dead'];
        if (row.state === 'cancelled') return yield* jobs.view(row);
        if (!allowed.includes(row.state)) throw notIn(row, 'waiting', 'dead');
        yield* cancel.run({ id, error: jsonOrNull(error), doubt, now });
        yield* note('cancelled', id, error ? ENGINE : actor, now);
        return yield* jobs.viewById(id);
      }),
    retry: (id, now) =>
      write(function* (actor) {
        const row = yield* jobs.need(id);
        if (!(yield* live.get({ id: row.account_id }))) throw signedOut();
        if (row.state === 'dead' || row.state === 'cancelled') yield* restart.run({ id, now });
        else if (row.reason !== null && worthHurrying.includes(row.reason)) yield* hurry.run({ id, now });
        else if (row.reason !== 'ready') throw notIn(row, 'dead', 'cancelled');
        yield* note('retried', id, actor, now);
        return yield* jobs.viewById(id);
      }),
    resolve: (id, how, now) =>
      write(function* (actor) {
        const row = yield* jobs.need(id);
        if (row.state !== 'unknown') throw notIn(row, 'unknown');
        if (how === 'not-published') {
          // With the commit answered, the handles before it are spent: then everything is done anew.
          yield* ((yield* committed.get({ id })) ? forgetAll : forgetIntent).run({ id });
          yield* restart.run({ id, now });
          if (!(yield* live.get({ id: row.account_id }))) {
            yield* cancel.run({ id, error: JSON.stringify(errorOf(signedOut())), doubt, now });
          }
        } else {
          yield* savePost(row, how.published, now);
        }
        yield* note('resolved', id, actor, now);
        return yield* jobs.viewById(id);
      }),
    approve: (id, text, now) =>
      write(function* (actor) {
        const row = yield* jobs.need(id);
        if (row.reason !== 'approval') {
          throw new Failure('E_WRONG_STATE', { message: `Job ${id} does not wait for approval.` });
        }
        yield* approve.run({ id, text: jsonOrNull(text), now });
        yield* note('approved', id, actor, now);
        return yield* jobs.viewById(id);
      }),
    edit: (id, change, now) =>
      write(function* (actor) {
        const row = yield* jobs.need(id);
        if (row.state !== 'waiting' && row.state !== 'dead') throw notIn(row, 'waiting', 'dead');
        const before = (yield* jobs.viewById(id)).text ?? {};
        const parts = Object.entries({ ...before, ...change }).filter(([, value]) => value !== null);
        // What was uploaded may carry the old text: it is done anew. After a commit this refuses.
        if ((yield* composed.get({ id })) && !(yield* forget(id, 'compose text'))) {
          throw new Failure('E_WRONG_STATE', { message: `Job ${id} was sent with its old text already.` });
        }
        yield* setText.run({
          id,
          text: parts.length === 0 ? null : JSON.stringify(Object.fromEntries(parts)),
          now,
        });
        yield* note('edited', id, actor, now);
        return yield* jobs.viewById(id);
      }),
  };
}

/** Reasons that a person may end by saying “now”; limits, windows, delays and sign-ins are not among them. */
const worthHurrying: readonly string[] = ['backoff', 'media', 'processing', 'breaker'];

/** Marks a job as published and keeps its post; the same post twice changes nothing. */
function postWriter({ query }: Connection) {
  const known = query<{ remote_id: string }>('SELECT remote_id FROM posts WHERE job_id = :id');
  const insert = query(`
    INSERT INTO posts (job_id, remote_id, url, published_at, lag_ms, warnings)
    VALUES (:id, :remoteId, :url, :publishedAt, :lagMs, :warnings)`);
  const publish = query(`
    UPDATE jobs SET state = 'published', reason = NULL, error = NULL, ${UNHELD}, sender = NULL, updated_at = :now
    WHERE id = :id`);

  return function* (
    job: JobColumns,
    post: Omit<PostRow, 'jobId'>,
    now: number,
  ): Generator<Operation, void, unknown> {
    const { id } = job;
    const before = yield* known.get({ id });
    if (before && before.remote_id !== post.id) {
      throw new Failure('E_WRONG_STATE', {
        message: `Job ${id} is published already, as ${before.remote_id}, and not as ${post.id}.`,
      });
    }
    const { url, publishedAt, lagMs } = post;
    const warnings = JSON.stringify(post.warnings);
    if (!before)
      yield* insert.run({ id, remoteId: post.id, url, publishedAt, lagMs: Math.round(lagMs), warnings });
    yield* publish.run({ id, now });
  };
}

function notIn(job: JobColumns, ...states: readonly string[]): Failure {
  const hint =
    job.state === 'unknown'
      ? { hint: 'Look at the account, then say what you saw.', command: `repost jobs resolve ${job.id}` }
      : {};
  const held = job.reason === null ? job.state : `${job.state} (${job.reason})`;
  return new Failure('E_WRONG_STATE', {
    message: `Job ${job.id} is ${held}, not ${states.join(' or ')}.`,
    ...hint,
  });
}
