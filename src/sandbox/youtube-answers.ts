import type { SimResponse } from './types.ts';

/** Thrown anywhere below a simulator's handle: this answer instead. */
export class Refusal extends Error {
  readonly response: SimResponse;

  constructor(response: SimResponse) {
    super(`HTTP ${response.status}`);
    this.response = response;
  }
}

interface ErrorExtras {
  domain?: string;
  location?: string;
  locationType?: string;
  /** `PERMISSION_DENIED` and the like. */
  rpcStatus?: string;
  /** Reason of a google.rpc.ErrorInfo detail. */
  detail?: string;
  /** The inner message, where it differs. */
  inner?: string;
  headers?: Readonly<Record<string, string>>;
}

/** The API's error envelope. */
export function apiError(
  status: number,
  reason: string,
  message: string,
  extras: ErrorExtras = {},
): SimResponse {
  const { domain = 'global', location, locationType, rpcStatus, detail, inner, headers } = extras;
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: {
      error: {
        code: status,
        message,
        errors: [
          {
            message: inner ?? message,
            domain,
            reason,
            ...(location ? { location } : {}),
            ...(locationType ? { locationType } : {}),
          },
        ],
        ...(rpcStatus ? { status: rpcStatus } : {}),
        ...(detail
          ? {
              details: [
                {
                  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
                  reason: detail,
                  domain: 'googleapis.com',
                },
              ],
            }
          : {}),
      },
    },
  };
}

export function refuse(...error: Parameters<typeof apiError>): never {
  throw new Refusal(apiError(...error));
}

export const unauthenticated = () =>
  apiError(
    401,
    'authError',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See <a href="https://developers.google.com/identity/sign-in/web/devconsole-project">the documentation</a>.',
    {
      inner: 'Invalid Credentials',
      location: 'Authorization',
      locationType: 'header',
      rpcStatus: 'UNAUTHENTICATED',
      headers: {
        'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
      },
    },
  );

export const signupRequired = () =>
  apiError(401, 'youtubeSignupRequired', 'Unauthorized', {
    domain: 'youtube.header',
    location: 'Authorization',
    locationType: 'header',
  });

export const scopeInsufficient = () =>
  apiError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
    inner: 'Insufficient Permission',
    rpcStatus: 'PERMISSION_DENIED',
    detail: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
    headers: {
      'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"',
    },
  });

export const apiDisabled = (project: string) =>
  apiError(
    403,
    'accessNotConfigured',
    `YouTube Data API v3 has not been used in project ${project} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/youtube.googleapis.com/overview?project=${project} then retry.`,
    { domain: 'usageLimits', rpcStatus: 'PERMISSION_DENIED', detail: 'SERVICE_DISABLED' },
  );
