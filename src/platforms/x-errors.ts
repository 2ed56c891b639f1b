import type { Clock } from '../core/clock.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { FailureDetails, FailureKind } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import type { LimitReading } from '../core/limit.ts';
import { calls } from './x-rules.ts';

/** Errors as X writes them: https://docs.x.com/x-api/fundamentals/response-codes-and-errors */
export interface Problem {
  title: string;
  detail: string;
  /** Last segment of `type`: its host differs between answers and documents. */
  kind: string;
  reason: string;
  period: string;
  resetDate: string;
  /** Of the token endpoint. */
  error: string;
  errorDescription: string;
  /** Everything that is a sentence. */
  said: string;
}

const CONSOLE = 'https://console.x.com';
const NO_CREDIT_PROBE_MS = HOUR;
/** Incidents with these signs have lasted from 45 minutes to a day (https://docs.x.com/incidents). */
const INCIDENT_PROBE_MS = 10 * MINUTE;
const BLIND_WAIT_MS = 15 * MINUTE;
const LONGEST_WAIT_MS = 26 * HOUR;

/** Undefined where the answer is no JSON object (an empty 413, a page of the proxy in front). */
export function problemOf(response: HttpResponse): Problem | undefined {
  let body: Record<string, unknown>;
  try {
    body = response.json<Record<string, unknown>>();
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const word = (name: string) => (typeof body[name] === 'string' ? body[name] : '');
  const details: unknown = body['errors'];
  const messages = (Array.isArray(details) ? details : [])
    .map((one: unknown) => (one as { message?: unknown } | null)?.message)
    .filter((message): message is string => typeof message === 'string');
  const sentences = [word('title'), word('detail'), ...messages, word('message'), word('error_description')];
  return {
    title: word('title'),
    detail: word('detail'),
    kind: word('type').split('/').at(-1) ?? '',
    reason: word('reason'),
    period: word('period'),
    resetDate: word('reset_date'),
    error: word('error'),
    errorDescription: word('error_description'),
    said: sentences.filter((sentence) => sentence !== '').join(' · '),
  };
}

interface Rule {
  sign: RegExp;
  code: ErrorCode;
  kind?: FailureKind;
  hint?: string;
}

/** Refusals that are told apart by X's sentences alone: most have no code of their own. */
const refusals: readonly Rule[] = [
  { sign: /duplicate content/iu, code: 'E_DUPLICATE' },
  { sign: /media IDs are invalid|Segments do not add up/iu, code: 'E_HANDLE_EXPIRED', kind: 'redo' },
  {
    sign: /post a video longer than|video duration exceeded/iu,
    code: 'E_MEDIA_REFUSED',
    hint: 'This account may not post videos of this length. Set maxSeconds in the rule to leave such videos out.',
  },
  { sign: /text is too long|contains an invalid URL|cashtag/iu, code: 'E_TEXT_REFUSED' },
  {
    sign: /client-not-enrolled|official-client|client-forbidden|unsupported-authentication/iu,
    code: 'E_APP_SETUP',
    hint: `Put the app into a Project with the pay-per-use package at ${CONSOLE}.`,
  },
  {
    sign: /oauth1-permissions|not permitted|appropriate permissions/iu,
    code: 'E_APP_SETUP',
    hint: `Give the app “Read and write” at ${CONSOLE}, then sign in again.`,
  },
  { sign: /looks automated|suspended|account is .*locked|temporarily locked/iu, code: 'E_ACCOUNT_BLOCKED' },
];

/** Reads an error answer of the API. Every 4xx is a refusal: X did nothing. A 5xx is left to the shared rule. */
export function classifyAnswer(
  response: HttpResponse,
  request: HttpRequest,
  clock: Clock,
): Failure | undefined {
  const { status } = response;
  if (status < 400 || status >= 500 || status === 408) return undefined;
  const problem = problemOf(response);
  const fail = (code: ErrorCode, details: FailureDetails = {}) =>
    new Failure(code, { message: messageOf(status, problem), ...details, status, certain: true });
  const waitOut = () =>
    fail('E_PLATFORM_DOWN', {
      kind: 'later',
      reason: 'backoff',
      notBefore: clock.now() + INCIDENT_PROBE_MS,
    });

  const money = moneyFailure(status, problem, clock);
  if (money) return money;
  if (status === 429) return rateFailure(response, problem, clock);
  // The whole media API once answered 404 for 45 minutes; a page instead of JSON comes from the proxy in front.
  if (status === 404 || (status === 403 && !problem)) return waitOut();
  if (status === 413 || status === 431) return fail('E_MEDIA_REFUSED');
  const signs = problem ? `${problem.kind} ${problem.reason} ${problem.said}` : '';
  const rule = refusals.find(({ sign }) => sign.test(signs));
  if (rule) {
    const { code, kind, hint } = rule;
    return fail(code, { ...(kind ? { kind, step: 'initialize' } : {}), ...(hint ? { hint } : {}) });
  }
  if (status === 401) return fail('E_LOGIN_NEEDED', { command: 'repost login x' });
  if (status === 403 && isMediaCall(request) && isBare(problem))
    return fail('E_SCOPES', {
      kind: 'login',
      message: 'X refuses the upload: the right media.write was not granted.',
      command: 'repost login x',
    });
  return fail('E_REFUSED', { kind: 'reject' });
}

function messageOf(status: number, problem: Problem | undefined): string {
  const said = problem?.said.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').slice(0, 300) ?? '';
  return `X answered ${status}${said === '' ? '.' : `: ${said}`}`;
}

function isMediaCall({ url }: HttpRequest): boolean {
  return new URL(url).pathname.startsWith('/2/media/');
}

/** A `Forbidden` that names no reason. */
function isBare(problem: Problem | undefined): boolean {
  return problem !== undefined && /^(Forbidden)?$/u.test(problem.detail) && problem.reason === '';
}

/** Credits used up (402) or the owner's spending cap reached (403, also from the token endpoint). */
export function moneyFailure(
  status: number,
  problem: Problem | undefined,
  clock: Clock,
): Failure | undefined {
  const capped = problem?.title === 'SpendCapReached';
  const empty = status === 402 || problem?.title === 'CreditsDepleted';
  if (!capped && !empty) return undefined;
  const now = clock.now();
  const reset = capped ? Date.parse(`${problem.resetDate}T00:00:00Z`) : Number.NaN;
  const known = reset > now && reset < now + 32 * DAY;
  return new Failure('E_MONEY', {
    kind: 'later',
    reason: 'quota',
    certain: true,
    status,
    notBefore: known ? reset : now + NO_CREDIT_PROBE_MS,
    message: capped
      ? `The spending cap of your X developer account is reached${known ? ` until ${problem.resetDate}` : ''}.`
      : 'The credits of your X developer account are used up.',
    hint: capped
      ? `Raise the cap at ${CONSOLE} and retry, or wait for the next billing cycle.`
      : `Buy credits at ${CONSOLE}; waiting posts then go out within the hour.`,
  });
}

function rateFailure(response: HttpResponse, problem: Problem | undefined, clock: Clock): Failure {
  const now = clock.now();
  const capped = problem?.title === 'UsageCapExceeded' || problem?.kind === 'usage-capped';
  const notBefore = capped ? endOfPeriod(problem?.period ?? '', now) : endOfWindow(response, now);
  return new Failure(capped ? 'E_QUOTA' : 'E_RATE_LIMIT', {
    kind: 'later',
    reason: 'quota',
    certain: true,
    status: response.status,
    notBefore,
    message: messageOf(response.status, problem),
  });
}

/** Usage caps run by day or month, in UTC. */
function endOfPeriod(period: string, now: number): number {
  const date = new Date(now);
  if (/month/iu.test(period)) return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  if (/da(il)?y/iu.test(period))
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1);
  return now + HOUR;
}

/** With room left in the window that the headers show, another one is full, of which nothing is known. */
function endOfWindow({ headers }: HttpResponse, now: number): number {
  for (const name of windowsOf(headers)) {
    const reset = Number(headers[`${name}-reset`]) * SECOND;
    if (headers[`${name}-remaining`] === '0' && reset > 0)
      return Math.min(Math.max(reset, now + SECOND), now + LONGEST_WAIT_MS);
  }
  return now + BLIND_WAIT_MS;
}

const daily = ['x-user-limit-24hour', 'x-app-limit-24hour'] as const;

/** The longer windows first: while one of them is full the short one does not matter. */
function windowsOf(headers: HttpResponse['headers']): string[] {
  return [...daily, 'x-rate-limit'].filter((name) => headers[`${name}-reset`] !== undefined);
}

const bucketOfCall: Readonly<Record<string, string>> = {
  [calls.post]: 'posts',
  [calls.postWithLink]: 'posts',
  [calls.initialize]: 'initialize',
  [calls.append]: 'append',
  [calls.finalize]: 'finalize',
  [calls.status]: 'status',
  [calls.timeline]: 'timeline',
  [calls.me]: 'me',
};

/** What the headers tell: `x-rate-limit-*` about the account's window, `x-app-limit-24hour-*` about the app's day. */
export function readingsOf(response: HttpResponse, request: HttpRequest): LimitReading[] {
  const bucket = bucketOfCall[request.call ?? ''];
  if (bucket === undefined) return [];
  const readings = [reading(response, 'x-rate-limit', bucket)];
  if (bucket === 'posts') readings.push(reading(response, 'x-app-limit-24hour', 'posts-daily'));
  return readings.filter((one) => one !== undefined);
}

function reading({ headers }: HttpResponse, name: string, bucket: string): LimitReading | undefined {
  const number = (part: string) => {
    const text = headers[`${name}-${part}`];
    return text !== undefined && /^\d+$/u.test(text) ? Number(text) : undefined;
  };
  const max = number('limit');
  const remaining = number('remaining');
  const reset = number('reset');
  if (remaining === undefined || reset === undefined) return undefined;
  return { bucket, remaining, resetsAt: reset * SECOND, ...(max === undefined ? {} : { max }) };
}
