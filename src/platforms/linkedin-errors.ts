import type { Clock } from '../core/clock.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { FailureDetails } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import { retryAfter } from '../net/classify.ts';
import { apiVersion } from './linkedin-api.ts';
import { calls } from './linkedin-rules.ts';

/** Errors as LinkedIn writes them: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling */
interface Problem {
  /** `REVOKED_ACCESS_TOKEN`, `VERSION_MISSING` … or '' */
  code: string;
  /** 65601 … as text. */
  number: string;
  message: string;
  inputs: { code: string; description: string; field: string }[];
  /** Everything that is a sentence. */
  said: string;
}

/** Calls that throttle by the day are tried this often until the day ends. */
const THROTTLED_PROBE_MS = HOUR;
/** Other 429 come from the protection in front and pass by themselves. */
const BUSY_PROBE_MS = 5 * MINUTE;
const NOT_READY_MS = 30 * SECOND;

function problemOf(response: HttpResponse): Problem {
  let body: Record<string, unknown> = {};
  try {
    const answer = response.json<unknown>();
    if (typeof answer === 'object' && answer !== null) body = answer as Record<string, unknown>;
  } catch {
    // A page of the proxy in front: only the status tells.
  }
  const details = body['errorDetails'] as { inputErrors?: unknown } | null | undefined;
  const list = Array.isArray(details?.inputErrors) ? details.inputErrors : [];
  const inputs = list.map((one: unknown) => {
    const entry = one as { code?: unknown; description?: unknown; input?: { inputPath?: unknown } } | null;
    const path = entry?.input?.inputPath as { fieldPath?: unknown } | string | undefined;
    return {
      code: textOf(entry?.code),
      description: textOf(entry?.description),
      field: textOf(typeof path === 'object' ? path.fieldPath : path),
    };
  });
  const message = textOf(body['message']);
  const sentences = [
    message,
    ...inputs.map(({ field, description }) => [field, description].join(' ').trim()),
  ];
  return {
    code: textOf(body['code']),
    number: textOf(body['serviceErrorCode']),
    message,
    inputs,
    said: sentences.filter((sentence) => sentence !== '').join(' · '),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/**
 * Reads an error answer. Every 4xx is a refusal: LinkedIn did nothing. A 5xx is left to the shared rule. Where a
 * duplicate is told, the message holds the URN of the post that was there before.
 */
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

  if (status === 429) return throttled(response, problem, clock);
  if (status === 426 || /VERSION/u.test(problem.code)) return outdated(status, problem);
  if (status === 401) return signInEnded(status, problem);
  if (status === 403)
    return fail('E_SCOPES', {
      kind: 'login',
      hint: 'Sign in again with the product “Share on LinkedIn” added to the app; for a page, be its admin.',
      command: 'repost login linkedin',
    });
  if (
    problem.inputs.some(({ code }) => code === 'DUPLICATE_POST') ||
    /is a duplicate of/iu.test(problem.said)
  )
    return fail('E_DUPLICATE');
  if (status === 413) return fail('E_MEDIA_REFUSED');
  const about = `${problem.inputs.map(({ field }) => field).join(' ')} ${problem.message}`;
  if (request.call === calls.post) return postRefused(about, fail, clock);
  if (/fileSizeBytes|file size|format/iu.test(about)) return fail('E_MEDIA_REFUSED');
  if (status === 404) return fail('E_UNREADABLE');
  return fail('E_REFUSED', { kind: 'reject' });
}

function postRefused(
  about: string,
  fail: (code: ErrorCode, details?: FailureDetails) => Failure,
  clock: Clock,
): Failure {
  if (/urn:li:video:/u.test(about)) {
    if (/not found|does not exist|expired|deleted/iu.test(about))
      return fail('E_HANDLE_EXPIRED', { kind: 'redo', step: 'initialize' });
    if (/not (yet )?(ready|available)|process/iu.test(about))
      return fail('E_NOT_YET', {
        kind: 'later',
        reason: 'processing',
        notBefore: clock.now() + NOT_READY_MS,
      });
  }
  if (/commentary/iu.test(about)) return fail('E_TEXT_REFUSED');
  if (/media|video/iu.test(about)) return fail('E_MEDIA_REFUSED');
  return fail('E_REFUSED', { kind: 'reject' });
}

function messageOf(status: number, { said }: Problem): string {
  const words = said.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').slice(0, 400);
  return `LinkedIn answered ${status}${words === '' ? '.' : `: ${words}`}`;
}

/** Without any refresh token (the rule) a sign-in ends after sixty days. */
function signInEnded(status: number, problem: Problem): Failure {
  const ended = problem.number === '65602' || /EXPIRED/u.test(problem.code);
  return new Failure('E_LOGIN_NEEDED', {
    kind: 'login',
    certain: true,
    status,
    message: ended
      ? 'The LinkedIn sign-in is older than sixty days and has ended.'
      : messageOf(status, problem),
    command: 'repost login linkedin',
  });
}

/** Nothing mends this but another version of the program: said as it is, and never tried over and over. */
function outdated(status: number, problem: Problem): Failure {
  return new Failure('E_REFUSED', {
    kind: 'reject',
    certain: true,
    status,
    message: `LinkedIn no longer takes version ${apiVersion} of its API, which this repost speaks. ${messageOf(status, problem)}`,
    hint: 'Install a newer repost, then retry what failed.',
    command: 'repost jobs retry --platform linkedin',
  });
}

/**
 * No header tells when it is over. The limits of a resource last until midnight UTC at the latest:
 * https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits
 */
function throttled(response: HttpResponse, problem: Problem, clock: Clock): Failure {
  const now = clock.now();
  const daily = /throttle limit/iu.test(problem.message);
  const midnight = (Math.floor(now / DAY) + 1) * DAY;
  const blind = daily ? Math.min(midnight + MINUTE, now + THROTTLED_PROBE_MS) : now + BUSY_PROBE_MS;
  return new Failure(daily ? 'E_QUOTA' : 'E_RATE_LIMIT', {
    kind: 'later',
    reason: 'quota',
    certain: true,
    status: response.status,
    notBefore: retryAfter(response, clock) ?? blind,
    message: messageOf(response.status, problem),
  });
}
