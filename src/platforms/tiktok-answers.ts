import type { Clock } from '../core/clock.ts';
import { MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpResponse } from '../core/http.ts';
import { retryAfter } from '../net/classify.ts';
import { postingRefusal } from './tiktok-post-errors.ts';

export const API = 'https://open.tiktokapis.com/v2';

interface Envelope<T> {
  data?: T;
  error?: { code?: string; message?: string; log_id?: string } | string;
}

/** Asks one endpoint and gives what it calls `data`. */
export async function ask<T extends object>(
  http: Http,
  call: string,
  request: Omit<Parameters<Http['send']>[0], 'call' | 'signal'> & { signal?: AbortSignal | undefined },
): Promise<T> {
  const { signal, ...rest } = request;
  const response = await http.send({ ...rest, call, ...(signal ? { signal } : {}) });
  const data = response.json<Envelope<T> | null>()?.data;
  if (typeof data === 'object' && data !== null) return data;
  throw new Failure('E_BAD_ANSWER', { message: 'TikTok answered without data.' });
}

/** By the code in the body, whatever the status: https://developers.tiktok.com/doc/tiktok-api-v2-error-handling */
export function classify(response: HttpResponse, _request: unknown, clock: Clock): Failure | undefined {
  const { code, message: said, logId } = errorOf(response);
  if (code === undefined || code === 'ok') return undefined;
  const { status } = response;
  const log = logId === '' ? '' : ` [log_id ${logId}]`;
  const message = `TikTok refused (${code})${said === '' ? '' : `: ${said}`}${log}`;
  const known = { status, message, certain: true };
  const command = 'repost login tiktok';
  const posting = postingRefusal(code, { status, log, clock });
  if (posting) return posting;
  switch (code) {
    case 'access_token_invalid':
      return new Failure('E_LOGIN_NEEDED', { ...known, command });
    case 'scope_not_authorized':
    case 'scope_permission_missed':
      return new Failure('E_SCOPES', { ...known, command });
    case 'rate_limit_exceeded':
      return new Failure('E_RATE_LIMIT', {
        ...known,
        reason: 'quota',
        notBefore: windowEnd(response, clock),
      });
    case 'invalid_params':
    case 'invalid_param':
      return new Failure('E_REFUSED', known);
    case 'invalid_file_upload':
      return new Failure('E_MEDIA_REFUSED', known);
    case 'internal_error':
      return new Failure('E_PLATFORM_DOWN', { status, message });
    default:
      // A code that no document names: its status says what kind it is; with 2xx it is tried again.
      return status < 300 ? new Failure('E_BAD_ANSWER', { status, message }) : undefined;
  }
}

function errorOf(response: HttpResponse): { code: string | undefined; message: string; logId: string } {
  const error = response.json<Envelope<unknown> | null>()?.error;
  if (typeof error === 'string') return { code: error === '' ? undefined : error, message: '', logId: '' };
  return { code: error?.code, message: error?.message ?? '', logId: error?.log_id ?? '' };
}

export function codeOf(response: HttpResponse): string | undefined {
  return errorOf(response).code;
}

/** The window slides over 60 seconds; no header is documented, and honoured where one comes. */
export function windowEnd(response: HttpResponse, clock: Clock): number {
  return retryAfter(response, clock) ?? clock.now() + MINUTE;
}
