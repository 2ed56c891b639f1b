import type { Clock } from '../core/clock.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { FailureKind } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import type { LimitReading } from '../core/limit.ts';
import { retryAfter } from '../net/classify.ts';
import { mask } from '../net/redact.ts';
import { calls } from './telegram-rules.ts';

/** Name of the step that brings the file to Telegram: done anew where Telegram has forgotten the file. */
export const UPLOAD = 'upload';

/** Waits of hours have been told; a longer one is a mistake. */
const LONGEST_WAIT_MS = 26 * HOUR;

/** An answer as Telegram writes it: https://core.telegram.org/bots/api#making-requests */
export interface TelegramAnswer<T = unknown> {
  ok?: boolean;
  result?: T;
  error_code?: number;
  description?: string;
  parameters?: { retry_after?: number; migrate_to_chat_id?: number | string };
}

interface Row {
  sign: RegExp;
  code: ErrorCode;
  kind: FailureKind;
  hint?: string;
}

const back = 'Make the bot an administrator with the right to post messages, then sign in here again.';

/** There are no codes: Telegram's sentences are all there is to tell refusals apart. */
const rows: readonly Row[] = [
  {
    sign: /wrong file identifier|wrong remote file|can't use file of type/iu,
    code: 'E_HANDLE_EXPIRED',
    kind: 'redo',
  },
  {
    sign: /caption is too long|can't parse entities|message is too long/iu,
    code: 'E_TEXT_REFUSED',
    kind: 'reject',
  },
  {
    sign: /chat not found|not a member|was kicked|was blocked|upgraded to a supergroup|chat was deleted/iu,
    code: 'E_NO_CHANNEL',
    kind: 'login',
    hint: `The bot no longer gets into the chat. ${back}`,
  },
  {
    sign: /administrator rights|not enough rights|CHAT_WRITE_FORBIDDEN|CHAT_ADMIN_REQUIRED|have no rights/iu,
    code: 'E_SCOPES',
    kind: 'login',
    hint: back,
  },
  {
    sign: /file must be non-empty|too large|file is too big|VIDEO_\w+_INVALID/iu,
    code: 'E_MEDIA_REFUSED',
    kind: 'reject',
  },
];

/** Reads an error answer. Every 4xx is a refusal: Telegram did nothing. A 5xx is left to the shared rule. */
export function classifyAnswer(
  response: HttpResponse,
  _request: HttpRequest,
  clock: Clock,
): Failure | undefined {
  const { status } = response;
  return status < 400 || status >= 500 ? undefined : refusalOf(response, clock);
}

export function refusalOf(response: HttpResponse, clock: Clock): Failure {
  const { status } = response;
  const { description = '' } = answerOf(response);
  // Read by platform code itself where a 400 may say more: then nobody else masks it.
  const said = mask(description)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .slice(0, 300);
  const known = { status, certain: true, message: `Telegram refused: ${said === '' ? status : said}` };
  const command = 'repost login telegram --token-stdin --account CHANNEL';
  if (status === 429)
    return new Failure('E_RATE_LIMIT', {
      ...known,
      kind: 'later',
      reason: 'quota',
      notBefore: waitEnd(response, clock),
    });
  // A token of another form is a path that there is not.
  if (status === 401 || (status === 404 && /^(Not Found)?$/iu.test(said)))
    return new Failure('E_LOGIN_NEEDED', {
      ...known,
      kind: 'login',
      message: 'Telegram no longer knows the bot’s token.',
      hint: 'Get the token from @BotFather and sign in with it; waiting posts then go out by themselves.',
      command,
    });
  if (status === 413) return new Failure('E_MEDIA_REFUSED', { ...known, kind: 'reject' });
  const row = rows.find(({ sign }) => sign.test(said));
  if (!row) return new Failure('E_REFUSED', { ...known, kind: 'reject' });
  return new Failure(row.code, {
    ...known,
    kind: row.kind,
    ...(row.kind === 'redo' ? { step: UPLOAD } : {}),
    ...(row.kind === 'login' ? { command } : {}),
    ...(row.hint === undefined ? {} : { hint: row.hint }),
  });
}

/** An error page is no JSON: then nothing is known but the status. */
export function answerOf<T>(response: HttpResponse): TelegramAnswer<T> {
  try {
    const answer = response.json<TelegramAnswer<T> | null>();
    return typeof answer === 'object' && answer !== null ? answer : {};
  } catch {
    return {};
  }
}

/** A request that got 429 was not executed; the wait is told in seconds, up to hours. */
function waitEnd(response: HttpResponse, clock: Clock): number {
  const seconds = answerOf(response).parameters?.retry_after;
  if (typeof seconds === 'number' && seconds > 0)
    return clock.now() + Math.min(LONGEST_WAIT_MS, Math.ceil(seconds * SECOND));
  return retryAfter(response, clock) ?? clock.now() + MINUTE;
}

export function readingsOf(response: HttpResponse, request: HttpRequest, clock: Clock): LimitReading[] {
  if (response.status !== 429) return [];
  const bucket = request.call === calls.publish ? 'messages' : 'all';
  return [{ bucket, blockedUntil: waitEnd(response, clock) }];
}
