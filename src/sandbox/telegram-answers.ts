import type { SimResponse } from './types.ts';

/** An answer that ends the handling of a request. */
export class Refusal extends Error {
  readonly response: SimResponse;

  constructor(response: SimResponse) {
    super(`refused with ${response.status}`);
    this.response = response;
  }
}

/** https://core.telegram.org/bots/api#making-requests: the description is for people, and there is nothing else. */
export function refusal(
  code: number,
  description: string,
  more: { parameters?: Readonly<Record<string, number>>; headers?: Readonly<Record<string, string>> } = {},
): Refusal {
  const { parameters, headers } = more;
  return new Refusal({
    status: code,
    ...(headers ? { headers } : {}),
    body: { ok: false, error_code: code, description, ...(parameters ? { parameters } : {}) },
  });
}

export const bad = (what: string) => refusal(400, `Bad Request: ${what}`);

export const forbidden = (what: string) => refusal(403, `Forbidden: ${what}`);
