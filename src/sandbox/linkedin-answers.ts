import type { SimRequest, SimResponse } from './types.ts';

/** An answer that ends the handling of a request. */
export class Refusal extends Error {
  readonly response: SimResponse;

  constructor(response: SimResponse) {
    super(`refused with ${response.status}`);
    this.response = response;
  }
}

/** https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling */
export function refusal(
  status: number,
  message: string,
  more: { code?: string; serviceErrorCode?: number } = {},
): Refusal {
  return new Refusal({ status, body: { status, ...more, message } });
}

/** The newer shape: what is wrong, field by field. */
export function badInput(
  status: number,
  message: string,
  inputs: readonly { code: string; description: string; field?: string }[],
): Refusal {
  return new Refusal({
    status,
    body: {
      errorDetailType: 'com.linkedin.common.error.BadRequest',
      message,
      errorDetails: {
        inputErrors: inputs.map(({ code, description, field }) => ({
          description,
          input: field === undefined ? {} : { inputPath: { fieldPath: field } },
          code,
        })),
      },
      status,
    },
  });
}

export const tokens = {
  invalid: () =>
    refusal(401, 'Invalid access token', { serviceErrorCode: 65600, code: 'INVALID_ACCESS_TOKEN' }),
  revoked: () =>
    refusal(401, 'The token used in the request has been revoked by the user', {
      serviceErrorCode: 65601,
      code: 'REVOKED_ACCESS_TOKEN',
    }),
  expired: () =>
    refusal(401, 'The token used in the request has expired', {
      serviceErrorCode: 65602,
      code: 'EXPIRED_ACCESS_TOKEN',
    }),
};

export const noPermission = (what: string) =>
  refusal(403, `Not enough permissions to access: ${what}`, { serviceErrorCode: 100, code: 'ACCESS_DENIED' });

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
