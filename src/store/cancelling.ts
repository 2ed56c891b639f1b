import { Failure } from '../core/failure.ts';
import { errorOf } from '../core/job.ts';

/** What a job sets that runs no more. */
export const UNHELD = 'holder = NULL, instance = NULL, lease_until = NULL';

/**
 * What cancelling a job that waits sets. A job that has sent its post is not called cancelled: it may be out,
 * so it is `unknown` until somebody has looked. Wants :now, :error (JSON or NULL) and :doubt.
 */
export const SET_CANCELLED = `
  SET state = CASE WHEN EXISTS (SELECT 1 FROM steps WHERE job_id = jobs.id AND kind = 'commit') THEN 'unknown'
                   ELSE 'cancelled' END,
    error = CASE WHEN EXISTS (SELECT 1 FROM steps WHERE job_id = jobs.id AND kind = 'commit') THEN :doubt
                 ELSE coalesce(:error, error) END,
    reason = NULL, ${UNHELD}, updated_at = :now`;

/** The error of a job that was cancelled after its post was sent. */
export const doubt = JSON.stringify(
  errorOf(new Failure('E_UNKNOWN_OUTCOME', { message: 'It was cancelled after it had been sent.' })),
);
