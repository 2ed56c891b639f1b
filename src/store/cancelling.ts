import { Failure } from '../core/failure.ts';
import { errorOf } from '../core/job.ts';

/**
 * What cancelling a job that waits sets. A job that has sent its post is not called cancelled: it may be out,
 * so it is `unknown` until somebody has looked. Wants :now, :error (JSON or NULL) and :doubt.
 */
export const SET_CANCELLED = `
  SET state = iif(EXISTS (SELECT 1 FROM steps WHERE job_id = jobs.id AND kind = 'commit'), 'unknown', 'cancelled'),
    error = iif(EXISTS (SELECT 1 FROM steps WHERE job_id = jobs.id AND kind = 'commit'), :doubt,
                coalesce(:error, error)),
    reason = NULL, updated_at = :now`;

/** The error of a job that was cancelled after its post was sent. */
export const doubt = JSON.stringify(
  errorOf(new Failure('E_UNKNOWN_OUTCOME', { message: 'It was cancelled after it had been sent.' })),
);
