import { STATUS_CODES } from 'node:http';
import { codes, type ErrorCode } from '../core/codes.ts';
import type { Failure } from '../core/failure.ts';

/** An error as RFC 9457 has it (https://www.rfc-editor.org/rfc/rfc9457), with our code, class and advice beside it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  class: string;
  side: string;
  hint: string;
  command: string | null;
}

const statuses: Partial<Record<ErrorCode, number>> = {
  E_NOT_FOUND: 404,
  E_UNKNOWN_ACCOUNT: 404,
  E_EXISTS: 409,
  E_WRONG_STATE: 409,
  E_AMBIGUOUS_ACCOUNT: 409,
  E_LOGIN_NEEDED: 409,
  E_API_SIGN_IN: 401,
  E_API_ROLE: 403,
  E_API_ORIGIN: 403,
  E_CONSENT: 403,
  E_LINK: 404,
  E_API_KEY: 422,
  E_RULE: 422,
  E_API_BUSY: 429,
  E_INTERNAL: 500,
};

/** Our codes as HTTP: what is the caller's to mend is 4xx, what passes by itself 503 or 429. */
export function statusOf(code: ErrorCode): number {
  const known = statuses[code];
  if (known !== undefined) return known;
  switch (codes[code].class) {
    case 'transient':
      return 503;
    case 'limit':
      return 429;
    case 'config':
      return codes[code].side === 'machine' ? 503 : 400;
    default:
      return 409;
  }
}

export function problemOf(failure: Failure): Problem {
  const { title, side } = codes[failure.code];
  const status = statusOf(failure.code);
  return {
    type: `/api/v1/errors/${failure.code}`,
    title: title.replace(/\.$/u, '') || (STATUS_CODES[status] ?? ''),
    status,
    // What broke inside is for the log of the machine: a caller elsewhere learns nothing from it.
    detail: failure.code === 'E_INTERNAL' ? title : failure.message,
    code: failure.code,
    class: failure.class,
    side,
    hint: failure.hint,
    command: failure.command ?? null,
  };
}
