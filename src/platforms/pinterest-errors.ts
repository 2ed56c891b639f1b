import type { Clock } from '../core/clock.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { FailureDetails } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import type { LimitReading } from '../core/limit.ts';
import { retryAfter } from '../net/classify.ts';
import { calls } from './pinterest-rules.ts';

/** Longest wait that a header is believed for: limits of Trial access run by the day. */
const LONGEST_WAIT_MS = 26 * HOUR;
const BLIND_WAIT_MS = 15 * MINUTE;

/** Pinterest's own number and its sentence: https://developers.pinterest.com/docs/api/v5/introduction */
interface Problem {
  code: number | undefined;
  message: string;
}

function problemOf(response: HttpResponse): Problem {
  try {
    const body = response.json<{ code?: unknown; message?: unknown } | null>();
    return {
      code: typeof body?.code === 'number' ? body.code : undefined,
      message: typeof body?.message === 'string' ? body.message : '',
    };
  } catch {
    return { code: undefined, message: '' };
  }
}

/** Reads an error answer. Every 4xx is a refusal: Pinterest did nothing. A 5xx is left to the shared rule. */
export function classifyAnswer(
  response: HttpResponse,
  request: HttpRequest,
  clock: Clock,
): Failure | undefined {
  const { status } = response;
  if (status < 400 || status >= 500 || status === 408) return undefined;
  const { code, message } = problemOf(response);
  const words = message.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').slice(0, 300);
  const said = `Pinterest answered ${status}${words === '' ? '.' : `: ${words}`}`;
  const fail = (error: ErrorCode, details: FailureDetails = {}) =>
    new Failure(error, { message: said, ...details, status, certain: true });

  if (status === 429 || code === 8) return throttled(response, said, clock);
  if (code === 29 || /trial access/iu.test(message))
    return fail('E_APP_SETUP', {
      message: 'Your Pinterest app has Trial access, and Pinterest lets such apps create no public Pins.',
      hint: 'Apply for Standard access at https://developers.pinterest.com/apps/, then sign in again. Until then a rule with --option pinterest.sandbox=true posts where only you see it.',
      command: 'repost login pinterest',
    });
  if (status === 401) return fail('E_LOGIN_NEEDED', { kind: 'login', command: 'repost login pinterest' });
  if (status === 403) return fail('E_SCOPES', { kind: 'login', command: 'repost login pinterest' });
  if (status === 413) return fail('E_MEDIA_REFUSED');
  if (request.call === calls.pin) return pinRefused(status, message, fail);
  return status === 404 ? fail('E_UNREADABLE') : fail('E_REFUSED', { kind: 'reject' });
}

function pinRefused(
  status: number,
  message: string,
  fail: (error: ErrorCode, details?: FailureDetails) => Failure,
): Failure {
  if (/blocked this link|lead to spam/iu.test(message))
    return fail('E_REFUSED', {
      kind: 'reject',
      hint: 'Pinterest does not take links to this site now: --option pinterest.link=none leaves them out.',
    });
  if (/board/iu.test(message))
    return fail('E_REFUSED', {
      kind: 'reject',
      hint: 'Name a board that is there: --option pinterest.board=NAME',
    });
  if (/media|video|cover/iu.test(message))
    return status === 404 || /not found|expired/iu.test(message)
      ? fail('E_HANDLE_EXPIRED', { kind: 'redo', step: 'register' })
      : fail('E_MEDIA_REFUSED');
  if (/title|description|alt_?text|link/iu.test(message)) return fail('E_TEXT_REFUSED');
  return fail('E_REFUSED', { kind: 'reject' });
}

function throttled(response: HttpResponse, said: string, clock: Clock): Failure {
  const now = clock.now();
  const seconds = Number(response.headers['x-ratelimit-reset']);
  const told = seconds > 0 ? now + Math.min(seconds * SECOND, LONGEST_WAIT_MS) : undefined;
  return new Failure('E_RATE_LIMIT', {
    kind: 'later',
    reason: 'quota',
    certain: true,
    status: response.status,
    message: said,
    notBefore: retryAfter(response, clock) ?? told ?? now + BLIND_WAIT_MS,
  });
}

/**
 * `x-ratelimit-limit: 100, 100;w=1;name="safety_net…", 1000;w=60;name="org_read…"`: the first number is that of
 * the window which `x-ratelimit-remaining` and `-reset` (seconds to go) speak of. Their form is not documented:
 * what does not look so is not read.
 */
export function readingsOf(response: HttpResponse, _request: HttpRequest, clock: Clock): LimitReading[] {
  const { headers } = response;
  const [first, ...windows] = (headers['x-ratelimit-limit'] ?? '').split(',').map((part) => part.trim());
  const number = (name: string) => (/^\d+$/u.test(headers[name] ?? '') ? Number(headers[name]) : undefined);
  const [remaining, reset] = [number('x-ratelimit-remaining'), number('x-ratelimit-reset')];
  if (remaining === undefined || reset === undefined) return [];
  for (const window of windows) {
    const [, max, seconds, kind] = /^(\d+);w=(\d+);name="org_(read|write)/u.exec(window) ?? [];
    // Windows of a day are those of Trial access.
    if (max === undefined || max !== first || seconds !== '60') continue;
    const bucket = kind === 'read' ? 'reads' : 'writes';
    return [{ bucket, max: Number(max), remaining, resetsAt: clock.now() + reset * SECOND }];
  }
  return [];
}

/** What the host of the uploads says: XML with a code and a sentence. */
export function storageError(text: string): { code: string; message: string } {
  const part = (name: string) => new RegExp(`<${name}>([^<]{0,300})`, 'u').exec(text)?.[1]?.trim() ?? '';
  return { code: part('Code'), message: part('Message') };
}
