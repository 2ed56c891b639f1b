import type { Clock } from '../core/clock.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { FailureDetails } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import type { LimitReading } from '../core/limit.ts';
import { calls } from './mastodon-rules.ts';

/** A page of the proxy in front instead of Mastodon's own word. */
const PROXY_PROBE_MS = 10 * MINUTE;
const LONGEST_WAIT_MS = 26 * HOUR;
/** Windows of Mastodon's limits, for a 429 without a time: https://docs.joinmastodon.org/api/rate-limits/ */
const blindWaitMs = { [calls.upload]: 30 * MINUTE, [calls.post]: 30 * MINUTE };
const BLIND_WAIT_MS = 5 * MINUTE;

/** What a server says in an error: `{"error": "text"}`; undefined where it isn't JSON. */
export function saidBy(response: HttpResponse): string | undefined {
  let body: unknown;
  try {
    body = response.json();
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, error_description: description } = body as Record<string, unknown>;
  const said = typeof description === 'string' ? description : typeof error === 'string' ? error : '';
  return said.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').slice(0, 300);
}

/**
 * Reads an error answer. Every 4xx is a refusal: the server did nothing. Sentences are in the language that was
 * asked for (English) and may change, so a status decides wherever it can:
 * https://github.com/mastodon/mastodon/blob/main/app/controllers/concerns/api/error_handling.rb
 */
export function classifyAnswer(
  response: HttpResponse,
  request: HttpRequest,
  clock: Clock,
): Failure | undefined {
  const { status } = response;
  if (status < 400 || status >= 500 || status === 408 || status === 425) return undefined;
  const said = saidBy(response);
  const { host } = new URL(request.url);
  const message = `${host} answered ${status}${said ? `: ${said}` : '.'}`;
  const fail = (code: ErrorCode, details: FailureDetails = {}) =>
    new Failure(code, { message, ...details, status, certain: true });
  const command = `repost login mastodon --server ${host}`;

  switch (status) {
    case 401:
      return fail('E_LOGIN_NEEDED', { command });
    case 403:
      return said === undefined ? blockedByProxy({ fail, clock }) : forbidden(said, { fail, command });
    case 404:
      return said === undefined ? blockedByProxy({ fail, clock }) : fail('E_UNREADABLE', { kind: 'retry' });
    case 413:
      return fail('E_MEDIA_REFUSED', {
        message: `${host} takes no file of this size, whatever it says of its limits.`,
        hint: 'Give a smaller file, or let the rule make it smaller (--fit transcode).',
      });
    case 422:
      return unprocessable(said ?? '', request, { fail, clock });
    case 429:
      return fail('E_RATE_LIMIT', {
        kind: 'later',
        reason: 'quota',
        notBefore: resetOf(response, clock) ?? clock.now() + blindWait(request),
      });
    default:
      return fail('E_REFUSED', { kind: 'reject' });
  }
}

interface Words {
  fail(code: ErrorCode, details?: FailureDetails): Failure;
  clock: Clock;
}

function blockedByProxy({ fail, clock }: Words): Failure {
  return fail('E_PLATFORM_DOWN', {
    kind: 'later',
    reason: 'backoff',
    notBefore: clock.now() + PROXY_PROBE_MS,
  });
}

/** 403 is for rights, for accounts that are stopped, and for what nobody may do. */
function forbidden(said: string, { fail, command }: Pick<Words, 'fail'> & { command: string }): Failure {
  if (/scope/iu.test(said)) return fail('E_SCOPES', { kind: 'login', command });
  if (/not allowed/iu.test(said)) return fail('E_REFUSED', { kind: 'reject' });
  return fail('E_ACCOUNT_BLOCKED', {
    kind: 'login',
    hint: 'See in the browser what the server asks for, then sign in here again.',
    command,
  });
}

function unprocessable(said: string, { call }: HttpRequest, { fail, clock }: Words): Failure {
  if (/not finished processing/iu.test(said))
    return fail('E_NOT_YET', {
      kind: 'later',
      reason: 'processing',
      notBefore: clock.now() + 5 * SECOND,
    });
  if (call === calls.upload) return fail('E_MEDIA_REFUSED');
  if (/character limit|\btext\b/iu.test(said)) return fail('E_TEXT_REFUSED');
  return fail('E_REFUSED', { kind: 'reject' });
}

function blindWait({ call }: HttpRequest): number {
  return call === calls.upload || call === calls.post ? blindWaitMs[call] : BLIND_WAIT_MS;
}

/**
 * When the window starts afresh (epoch ms). An ISO time; read against the server's own Date, so that a wrong clock
 * on either side does no harm.
 */
function resetOf({ headers }: HttpResponse, clock: Clock): number | undefined {
  const reset = Date.parse(headers['x-ratelimit-reset'] ?? '');
  if (Number.isNaN(reset)) return undefined;
  const sent = Date.parse(headers['date'] ?? '');
  const wait = reset - (Number.isNaN(sent) ? clock.now() : sent);
  return clock.now() + Math.min(LONGEST_WAIT_MS, Math.max(SECOND, wait));
}

/**
 * What the headers tell. They show the window with the least room, without its name: the limit and the time left
 * tell which it is.
 */
export function readingsOf(response: HttpResponse, request: HttpRequest, clock: Clock): LimitReading[] {
  const number = (name: string) => {
    const text = response.headers[`x-ratelimit-${name}`];
    return text !== undefined && /^\d+$/u.test(text) ? Number(text) : undefined;
  };
  const [max, remaining, resetsAt] = [number('limit'), number('remaining'), resetOf(response, clock)];
  if (max === undefined || remaining === undefined || resetsAt === undefined) return [];
  const long = resetsAt - clock.now() > 5 * MINUTE;
  const bucket =
    request.call === calls.upload && (max < 300 || long)
      ? 'uploads'
      : request.call === calls.post && long
        ? 'posts'
        : max === 300
          ? 'calls'
          : undefined;
  return bucket === undefined || (bucket === 'calls' && long) ? [] : [{ bucket, remaining, resetsAt, max }];
}
