import type { Clock } from '../core/clock.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { HttpResponse } from '../core/http.ts';
import type { PlatformId } from '../core/names.ts';
import { mask } from './redact.ts';

/** How long to wait after a 429 that does not say. */
const defaultWaitMs = MINUTE;
/** The longest honest wait is a daily quota's; anything beyond is a mistake of the server's. */
const longestWaitMs = 26 * HOUR;

/**
 * What a status means on any platform, for answers that the platform's own `classify` leaves alone.
 * A refusal (4xx) is `certain`: the other side did nothing. A 5xx never is: some answer 500 after having acted.
 */
export function standardFailure(
  response: HttpResponse,
  clock: Clock,
  service?: { id: PlatformId; name: string },
): Failure {
  const { status } = response;
  const name = service?.name ?? hostOf(response.url);
  const said = saidBy(response);
  const message = `${name} answered ${status}${said === '' ? '.' : `: ${said}`}`;
  const wait = retryAfter(response, clock);
  const after = wait === undefined ? {} : { notBefore: wait };
  if (status === 401) {
    const command = service === undefined ? {} : { command: `repost login ${service.id}` };
    return new Failure('E_LOGIN_NEEDED', { kind: 'login', certain: true, status, message, ...command });
  }
  if (status === 429) {
    const notBefore = wait ?? clock.now() + defaultWaitMs;
    return new Failure('E_RATE_LIMIT', {
      kind: 'later',
      reason: 'quota',
      certain: true,
      status,
      message,
      notBefore,
    });
  }
  if (status >= 500) return new Failure('E_PLATFORM_DOWN', { kind: 'retry', status, message, ...after });
  if (status === 408 || status === 425)
    return new Failure('E_PLATFORM_DOWN', { kind: 'retry', status, message, ...after });
  if (status >= 400) return new Failure('E_REFUSED', { kind: 'reject', certain: true, status, message });
  // A redirect or an odd 2xx where none was expected: something stands between us and the platform.
  return new Failure('E_BAD_ANSWER', { kind: 'retry', status, message });
}

/**
 * The instant (epoch ms) that Retry-After names, as seconds or as an HTTP date; a date is read against the
 * server's own Date header, so that a wrong clock on either side does no harm. Between 1 s and 26 h from now.
 */
export function retryAfter(response: Pick<HttpResponse, 'headers'>, clock: Clock): number | undefined {
  const value = response.headers['retry-after']?.trim();
  if (value === undefined || value === '') return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
  const date = Date.parse(value);
  const sent = Date.parse(response.headers['date'] ?? '');
  const waitMs = seconds !== undefined ? seconds * SECOND : date - (Number.isNaN(sent) ? clock.now() : sent);
  if (Number.isNaN(waitMs)) return undefined;
  return clock.now() + Math.min(longestWaitMs, Math.max(SECOND, Math.ceil(waitMs)));
}

/** Where platforms put their sentence. */
const sentencePaths = [
  ['error', 'message'],
  ['error_description'],
  ['error', 'error_user_msg'],
  ['errors', '0', 'message'],
  ['detail'],
  ['error_message'],
  ['description'],
  ['message'],
  ['title'],
  ['error'],
] as const;

/** The platform's own words in an error answer, in one line without secrets or control characters; '' where none. */
export function saidBy(response: HttpResponse): string {
  let body: unknown;
  try {
    body = response.json();
  } catch {
    return '';
  }
  for (const path of sentencePaths) {
    const found = path.reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      body,
    );
    if (typeof found === 'string' && found.trim() !== '') return oneLine(found);
  }
  return '';
}

function oneLine(text: string): string {
  const plain = mask(text)
    // Messages may hold HTML; control and direction characters could draw over a terminal.
    .replace(/<[^>]*>/g, '')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return plain.length > 300 ? `${plain.slice(0, 299).trimEnd()}…` : plain;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'The server';
}
