import { Failure } from '../../core/failure.ts';
import { FENCED_CODE, fenceFailure } from '../place.ts';

/** PostgreSQL's word for an error (SQLSTATE), or Node's (`ECONNREFUSED`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Two transactions stood in each other's way: run again, it may well work. */
const CONFLICTS = ['40001', '40P01', '55P03'];
/** A unique key that another transaction wrote meanwhile: run again, the work sees its row. */
const DUPLICATE = '23505';

export function isConflict(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return CONFLICTS.includes(code) || code === DUPLICATE;
}

/** What Node says of a way that is not there, or not any more. */
const LOST = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOENT', // the socket of a server that is not up
];
/** The server goes down, starts, is full up, or cut this connection (Appendix A, classes 57P and 25P03). */
const SERVER_AWAY = ['57P01', '57P02', '57P03', '57P05', '53300', '25P03'];

/** True where nothing can be asked now on this connection: another may work in a moment. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return LOST.includes(code) || code.startsWith('08') || SERVER_AWAY.includes(code);
  // Errors that pg makes itself have no code.
  return (
    error instanceof Error &&
    /connection terminated|connection error|read timeout|timeout exceeded|timeout expired|server closed/iu.test(
      error.message,
    )
  );
}

/**
 * What went wrong with a database server, for people. SQLSTATEs: PostgreSQL's manual, Appendix A. `place` names it
 * without secrets. Anything that is not the server's own error is handed through.
 */
export function asStoreFailure(error: unknown, place: string): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const code = codeOf(error);
  const cause = error;
  if (code === FENCED_CODE) return fenceFailure(error.message, place);
  if (isLost(error)) {
    const message = `The database at ${place} can’t be reached: ${said(error)}.`;
    return new Failure('E_DB_UNREACHABLE', { message, cause });
  }
  if (isConflict(error) || code === '57014') {
    return new Failure('E_DB_BUSY', { message: `The database at ${place} is busy.`, cause });
  }
  if (code?.startsWith('28') || code === '3D000' || code === '42501' || isRefusedSignIn(error)) {
    return new Failure('E_DB_ACCESS', {
      message: `The database at ${place} does not let repost in: ${said(error)}.`,
      cause,
    });
  }
  if (code === '53100') {
    return new Failure('E_DISK_FULL', {
      message: `The database server at ${place} has no room left.`,
      cause,
    });
  }
  if (code === '25006') {
    return new Failure('E_DB_READONLY', {
      message: `The database at ${place} can only be read: is it a standby?`,
      cause,
    });
  }
  if (code?.startsWith('XX00')) {
    return new Failure('E_DB_CORRUPT', {
      message: `The database at ${place} is damaged: ${said(error)}.`,
      cause,
    });
  }
  return new Failure('E_INTERNAL', {
    kind: 'retry',
    message: `The database refused: ${said(error)}${code === undefined ? '' : ` (${code})`}.`,
    cause,
  });
}

/** Signing in that pg gives up itself: no password where one is asked, a certificate that does not match. */
function isRefusedSignIn(error: Error): boolean {
  const code = codeOf(error) ?? '';
  return (
    /SASL|SCRAM|password must be|does not support SSL/iu.test(error.message) ||
    /^(?:ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/u.test(code)
  );
}

/** One line, without a stop. */
function said(error: Error): string {
  const text = error.message || codeOf(error) || 'no reason given';
  return text.replaceAll(/\s+/gu, ' ').replace(/\.$/u, '');
}
