import type { SimResponse } from './types.ts';
import type { XQuirks } from './x-quirks.ts';

/** An answer that ends the handling of a request. */
export class Refusal extends Error {
  readonly response: SimResponse;

  constructor(response: SimResponse) {
    super(`refused with ${response.status}`);
    this.response = response;
  }
}

export interface ProblemWords {
  title: string;
  detail: string;
  /** Last segment of the type's address; absent: `about:blank`. */
  kind?: string;
  extra?: Readonly<Record<string, unknown>>;
}

/** Problem details: https://docs.x.com/x-api/fundamentals/response-codes-and-errors */
export function problem(quirks: XQuirks, status: number, words: ProblemWords): Refusal {
  const { title, detail, kind, extra } = words;
  const blank = kind === undefined || quirks.problemType === 'about:blank';
  const type = blank ? 'about:blank' : `https://${quirks.problemType}/2/problems/${kind}`;
  return new Refusal({
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { ...extra, title, detail, type, ...(blank ? { status } : {}) },
  });
}

export const unauthorized = (quirks: XQuirks) =>
  problem(quirks, 401, { title: 'Unauthorized', detail: 'Unauthorized' });

export const forbidden = (quirks: XQuirks, detail = 'Forbidden') =>
  problem(quirks, 403, { title: 'Forbidden', detail });

export const notFound = (quirks: XQuirks, path: string) =>
  problem(quirks, 404, {
    title: 'Not Found Error',
    detail: `Could not find ${path}.`,
    kind: 'resource-not-found',
  });

/** `messages`: what is wrong, by the parameter that is. */
export function invalidRequest(quirks: XQuirks, messages: Readonly<Record<string, string>>): Refusal {
  const errors = Object.entries(messages).map(([name, message]) => ({
    parameters: { [name]: [''] },
    message,
  }));
  return problem(quirks, 400, {
    title: 'Invalid Request',
    detail: 'One or more parameters to your request was invalid.',
    kind: 'invalid-request',
    extra: { errors },
  });
}

/** What the proxy in front of X shows when X itself does not answer. */
export function proxyPage(status: number): SimResponse {
  return {
    status,
    headers: { server: 'cloudflare', 'content-type': 'text/html; charset=UTF-8' },
    body: `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center><hr><center>cloudflare</center></body></html>`,
  };
}
