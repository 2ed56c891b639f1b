import type { SimRequest, SimResponse } from './types.ts';

/** An answer that ends the handling of a request. */
export class Refusal extends Error {
  readonly response: SimResponse;

  constructor(response: SimResponse) {
    super(`refused with ${response.status}`);
    this.response = response;
  }
}

/** Pinterest's own number and a sentence: https://developers.pinterest.com/docs/api/v5/introduction */
export function refusal(status: number, code: number, message: string): Refusal {
  return new Refusal({ status, body: { code, message } });
}

export const unauthenticated = () => refusal(401, 2, 'Authentication failed.');

/** What the storage behind the uploads says: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function storageError(status: number, code: string, message: string): SimResponse {
  return {
    status,
    headers: { 'content-type': 'application/xml', server: 'AmazonS3' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>`,
  };
}

/** The body as a JSON object; undefined where it is none. */
export function jsonOf(request: SimRequest): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(request.body.toString());
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** A page of a list, by `page_size` and `bookmark`. */
export function paged<T>(request: SimRequest, items: readonly T[], most: number): SimResponse {
  const size = Number(request.query.get('page_size') ?? 25);
  if (!Number.isInteger(size) || size < 1 || size > 250)
    throw refusal(400, 1, "Invalid parameter 'page_size': must be between 1 and 250");
  const from = Number(request.query.get('bookmark')?.replace(/^b/u, '') ?? 0);
  if (!Number.isInteger(from)) throw refusal(400, 1, "Invalid parameter 'bookmark'");
  const end = from + Math.min(size, most);
  return {
    status: 200,
    body: { items: items.slice(from, end), bookmark: end < items.length ? `b${end}` : null },
  };
}
