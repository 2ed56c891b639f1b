import type { Clock } from '../core/clock.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { FailureKind, WaitReason } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import { regainedAt } from './meta-usage.ts';

/** The error object of the Graph API, as far as it was there. */
export interface GraphError {
  message: string;
  code: number;
  subcode: number | undefined;
  /** For people, in the language of their account. */
  userMessage: string | undefined;
}

/** One row of an error table: a row fits where all it names fits; the first that fits counts. */
export interface ErrorRow {
  code?: number | readonly number[];
  subcode?: number | readonly number[];
  /** As code or as subcode: Meta gives some numbers now in one place, now in the other. */
  either?: readonly number[];
  says?: RegExp;
  error: ErrorCode;
  /** What happened, one sentence. */
  what: string;
  hint?: string;
  /** Default: by the error code's class. */
  kind?: FailureKind;
  /** True where Meta provably did nothing. Without it a publish request counts as perhaps done. */
  certain?: true;
  /** For `later`: how long, where no header says it. */
  waitMs?: number;
  reason?: WaitReason;
}

export type GraphReader = (response: HttpResponse, request: HttpRequest, clock: Clock) => Failure | undefined;

const login = { kind: 'login', certain: true } as const;
const slow = { error: 'E_RATE_LIMIT', reason: 'quota' } as const;

/**
 * Rows for every Graph host. Sources:
 * https://developers.facebook.com/docs/graph-api/guides/error-handling
 * https://developers.facebook.com/docs/graph-api/overview/rate-limiting/
 */
const graphErrors: readonly ErrorRow[] = [
  {
    code: 190,
    subcode: 458,
    error: 'E_LOGIN_NEEDED',
    ...login,
    what: 'The app was removed from the account.',
  },
  {
    code: 190,
    subcode: [459, 464],
    error: 'E_LOGIN_NEEDED',
    ...login,
    what: 'Meta wants to see the account’s person.',
    hint: 'Log in on the platform’s own site and do what it asks, then sign in here again.',
  },
  { code: 190, subcode: 460, error: 'E_LOGIN_NEEDED', ...login, what: 'The account’s password was changed.' },
  { code: 190, subcode: 463, error: 'E_LOGIN_NEEDED', ...login, what: 'The sign-in has expired.' },
  { code: [190, 102], error: 'E_LOGIN_NEEDED', ...login, what: 'The sign-in is no longer good.' },
  {
    code: 200,
    says: /API access blocked/iu,
    error: 'E_ACCOUNT_BLOCKED',
    ...login,
    what: 'Meta has blocked the developer app or its developer’s account; a new sign-in doesn’t help.',
    hint: 'Open developers.facebook.com and see what Meta asks of the app’s owner.',
  },
  { code: 10, error: 'E_SCOPES', ...login, what: 'Meta doesn’t allow this app or person to do that.' },
  { code: 3, error: 'E_APP_SETUP', ...login, what: 'The developer app lacks the right to make this call.' },
  // Posts have gone live that were answered so.
  { code: 4, ...slow, waitMs: 15 * MINUTE, what: 'Too many calls.' },
  { code: [17, 32, 341, 80001, 80002], ...slow, waitMs: 15 * MINUTE, certain: true, what: 'Too many calls.' },
  // 1996: the pattern of calls was noticed; at least a quarter of an hour of quiet is asked for.
  { code: 613, ...slow, waitMs: 20 * MINUTE, certain: true, what: 'Too many calls.' },
  {
    code: 368,
    error: 'E_ACCOUNT_BLOCKED',
    kind: 'later',
    reason: 'quota',
    waitMs: 24 * HOUR,
    what: 'Meta has blocked this action for a while.',
    hint: 'Open the platform’s app and see what it says about the account; repost tries again in a day.',
  },
  // Not certain: it may be this very post, landed by a sending whose answer was lost.
  { code: 506, error: 'E_DUPLICATE', what: 'Meta says that the same was posted already.' },
  {
    code: 100,
    subcode: 33,
    error: 'E_UNREADABLE',
    what: 'Meta says that this can’t be read or isn’t there.',
  },
  {
    code: 100,
    subcode: 0,
    says: /does not exist/iu,
    error: 'E_UNREADABLE',
    what: 'Meta says that this isn’t there.',
  },
  { code: 803, error: 'E_UNREADABLE', what: 'Meta says that this isn’t there.' },
  { code: [-1, 1], error: 'E_PLATFORM_DOWN', what: 'Meta reports an unknown error.' },
  { code: 2, error: 'E_PLATFORM_DOWN', what: 'Meta is out of service for the moment.' },
];

/** Last rows: what is left of the parameter and permission errors. */
const lastErrors: readonly ErrorRow[] = [
  // A subcode that no table knows proves nothing; the bare code names a bad parameter in its message.
  { code: 100, subcode: 0, error: 'E_REFUSED', certain: true, what: 'Meta refused a value.' },
];

/** Reads a Graph error by a platform's rows, then the shared ones. Undefined where it is no Graph error. */
export function classifyGraph(
  name: string,
  rows: readonly ErrorRow[],
  response: HttpResponse,
  clock: Clock,
): Failure | undefined {
  const error = graphErrorOf(response);
  if (!error) return uploadTrouble(name, response);
  const row =
    [...rows, ...graphErrors, ...lastErrors].find((one) => fits(one, error)) ??
    (error.code >= 200 && error.code <= 299 ? permission : undefined);
  return row ? failureOf(row, error, name, response, clock.now()) : unknown(error, name, response);
}

const permission: ErrorRow = {
  error: 'E_SCOPES',
  ...login,
  what: 'A right that this needs was not granted.',
};

/** A number that no table knows: tried again, and never taken as proof. */
function unknown(error: GraphError, name: string, response: HttpResponse): Failure {
  return new Failure('E_PLATFORM_DOWN', { message: say('', error, name), status: response.status });
}

function failureOf(
  row: ErrorRow,
  error: GraphError | undefined,
  name: string,
  response: HttpResponse,
  now: number,
): Failure {
  const kind = row.kind ? { kind: row.kind } : {};
  const waits = row.waitMs !== undefined || row.kind === 'later';
  const notBefore = regainedAt(response, now) ?? now + (row.waitMs ?? 15 * SECOND);
  return new Failure(row.error, {
    ...kind,
    message: error ? say(row.what, error, name) : row.what,
    status: response.status,
    ...(row.hint ? { hint: row.hint } : {}),
    ...(row.reason ? { reason: row.reason } : {}),
    ...(row.certain ? { certain: true } : {}),
    ...(waits ? { notBefore } : {}),
  });
}

function say(what: string, error: GraphError, name: string): string {
  const number = error.subcode === undefined ? `${error.code}` : `${error.code}/${error.subcode}`;
  const words = masked(error.userMessage ?? error.message);
  return `${what} ${name} says: “${words}” (${number})`.trimStart();
}

/** Meta quotes tokens in some of its messages (“Malformed access token …”). */
function masked(text: string): string {
  return text.replace(/(?=[\w|-]*\d)[\w|-]{24,}/gu, '…').slice(0, 400);
}

function fits(row: ErrorRow, { code, subcode = 0, message }: GraphError): boolean {
  return (
    (row.code === undefined || [row.code].flat().includes(code)) &&
    (row.subcode === undefined || [row.subcode].flat().includes(subcode)) &&
    (row.either === undefined || row.either.includes(code) || row.either.includes(subcode)) &&
    (row.says === undefined || row.says.test(message))
  );
}

/**
 * rupload has an error shape of its own: `debug_info`. What may pass is E_PLATFORM_DOWN: the upload is tried
 * again from where the server stands.
 * https://developers.facebook.com/documentation/instagram-platform/content-publishing/resumable-uploads
 */
function uploadTrouble(name: string, response: HttpResponse): Failure | undefined {
  const info = parsed(response)['debug_info'];
  if (!isRecord(info)) return undefined;
  const { status } = response;
  const type = typeof info['type'] === 'string' ? info['type'] : '';
  const words = masked(typeof info['message'] === 'string' ? info['message'] : '');
  if (/unauthorized user request/iu.test(words))
    return new Failure('E_LOGIN_NEEDED', {
      ...login,
      status,
      message: `${name} refuses the token for uploads.`,
    });
  const message = `${name} did not take the upload: “${words}” (${type}).`;
  return type === 'ParameterValidationError'
    ? new Failure('E_REFUSED', { status, message, certain: true })
    : new Failure('E_PLATFORM_DOWN', { status, message });
}

/** The error object of an answer, whatever its status; undefined where there is none. */
export function graphErrorOf(response: HttpResponse): GraphError | undefined {
  const error = parsed(response)['error'];
  if (!isRecord(error)) return undefined;
  const code = integer(error['code']);
  if (code === undefined) return undefined;
  return {
    message: typeof error['message'] === 'string' ? error['message'] : '',
    code,
    subcode: integer(error['error_subcode']),
    userMessage: typeof error['error_user_msg'] === 'string' ? error['error_user_msg'] : undefined,
  };
}

/** The body as an object; empty where it is none. */
function parsed(response: HttpResponse): Record<string, unknown> {
  try {
    const body = response.json();
    return isRecord(body) ? body : {};
  } catch {
    return {};
  }
}

function integer(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
