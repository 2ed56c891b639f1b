import type { Account } from '../core/account.ts';
import { MINUTE } from '../core/clock.ts';
import type { FailureDetails } from '../core/failure.ts';
import { asFailure, Failure } from '../core/failure.ts';

/** The vault is open and has no sign-in for this account. */
export function absentSignIn(account: Account): Failure {
  return loginNeeded(account, `There is no sign-in for ${account.account} in the vault.`);
}

/** The token is past its end and the platform has no way to renew it without its person. */
export function endedSignIn(account: Account, serviceName: string): Failure {
  return loginNeeded(
    account,
    `The sign-in of ${account.account} has ended, and ${serviceName} renews it only with you.`,
  );
}

/** The platform refused to renew. Where an earlier answer was lost, that is the likely reason, and said so. */
export function refusedRenewal(
  failure: Failure,
  account: Account,
  serviceName: string,
  lostAt: number | undefined,
): Failure {
  if (lostAt === undefined) return failure;
  const when = new Date(lostAt).toISOString();
  return loginNeeded(
    account,
    `${serviceName} no longer takes the sign-in of ${account.account}. Probably it gave out a newer one on ` +
      `${when}, in an answer that never arrived. It now says: ${failure.message}`,
    failure,
  );
}

/** Nothing was sent. */
export function lostTurn({ account }: Account): Failure {
  return new Failure('E_DB_BUSY', {
    kind: 'later',
    reason: 'backoff',
    message: `This machine stood still while it renewed the sign-in of ${account}: another host may have done so.`,
    certain: true,
  });
}

function loginNeeded(account: Account, message: string, cause?: Failure): Failure {
  const details: FailureDetails = {
    kind: 'login',
    message,
    command: `repost login ${account.platform}`,
  };
  if (cause) details.cause = cause;
  if (cause?.status !== undefined) details.status = cause.status;
  return new Failure('E_LOGIN_NEEDED', details);
}

/** How long a job waits before it asks a vault again that needs its person or a service. */
const ASK_AGAIN_MS = MINUTE;
/** How long before a renewal that was refused for another reason than the sign-in (the app's keys) is tried again. */
const APP_AGAIN_MS = 10 * MINUTE;

/**
 * Any error on the way to the credentials, as the job should see it. The request itself was never sent, so
 * all of them are certain. A wrong client secret or a vault out of order is not the job's end: it waits.
 */
export function unsent(error: unknown, now: number): Failure {
  const failure = asFailure(error);
  const { code, message, hint, command, notBefore, reason, status, kind } = failure;
  const details: FailureDetails = { message, hint, certain: true, cause: failure };
  if (command !== undefined) details.command = command;
  if (status !== undefined) details.status = status;
  if (kind === 'retry' || kind === 'login') {
    if (notBefore !== undefined) details.notBefore = notBefore;
    return new Failure(code, { ...details, kind });
  }
  const wait = code.startsWith('E_VAULT_') ? ASK_AGAIN_MS : APP_AGAIN_MS;
  return new Failure(code, {
    ...details,
    kind: 'later',
    reason: kind === 'later' ? (reason ?? 'backoff') : 'login',
    notBefore: notBefore ?? now + wait,
  });
}
