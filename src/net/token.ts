import type { App, Grant } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { MINUTE, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { PlatformId } from '../core/names.ts';
import { rememberGrant } from './http.ts';
import { mask, rememberSecret } from './redact.ts';

/** One call of a token endpoint (RFC 6749 section 3.2), form-encoded, answered in JSON. */
export interface TokenRequest {
  http: Http;
  clock: Clock;
  service: { id: PlatformId; name: string };
  app: App;
  url: string;
  /** `exchange`: a code for tokens. `refresh`: tokens for newer ones. Decides what a refusal means. */
  purpose: 'exchange' | 'refresh';
  /** Fields besides the app's own: `grant_type`, `code`, `refresh_token` … */
  fields: Readonly<Record<string, string | undefined>>;
  /** Where the app says who it is. Default: `body`, without a secret where the app has none. */
  clientAuth?: 'body' | 'basic' | 'none';
  /** TikTok calls it `client_key`. */
  idField?: string;
  /** `GET` for Meta's endpoints: the fields then stand in the query. */
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  call?: string;
  /** Further answers that mean: this code or refresh token is dead. */
  isDead?: (error: TokenError) => boolean;
  /**
   * Reads an error answer in another shape than RFC 6749's, or says at once what it means (a spending cap);
   * undefined leaves it to the standard reading.
   */
  readError?: (answer: Readonly<Record<string, unknown>>, status: number) => TokenError | Failure | undefined;
}

export interface TokenError {
  /** `invalid_grant`, `invalid_client` … */
  error: string;
  description: string;
}

/**
 * Asks a token endpoint and gives its answer. Errors are told by the body, not by the status, for some
 * endpoints answer them with HTTP 200. A dead code throws E_LOGIN_CODE, a dead refresh token a Failure of kind
 * `login`, wrong keys E_CLIENT_INVALID; what says nothing about the token is transient.
 */
export async function standardTokenRequest(request: TokenRequest): Promise<Record<string, unknown>> {
  const { http, app, clientAuth = 'body', idField = 'client_id', method = 'POST' } = request;
  for (const name of ['code', 'code_verifier', 'refresh_token']) rememberSecret(request.fields[name]);
  rememberSecret(app.clientSecret);
  const secret = clientAuth === 'body' ? app.clientSecret : undefined;
  const fields = { ...request.fields, [idField]: app.clientId, client_secret: secret };
  const response = await http.send({
    method,
    url: request.url,
    ...(method === 'GET' ? { query: fields } : { form: fields }),
    headers: { ...(clientAuth === 'basic' ? basicAuth(app) : {}), ...request.headers },
    // Named as answers, so that they are read here and not by the rules for API calls.
    accept: [200, 400, 401, 403],
    ...(request.call === undefined ? {} : { call: request.call }),
    authorize: false,
  });
  const answer = asObject(response.json(), request);
  const error = request.readError?.(answer, response.status) ?? readError(answer, response.status);
  if (error instanceof Failure) throw error;
  if (error !== undefined) throw tokenFailure(error, response.status, request);
  return answer;
}

/** What RFC 6749 section 5.2 says, and Meta's two spellings of it. */
function readError(answer: Readonly<Record<string, unknown>>, status: number): TokenError | undefined {
  const { error } = answer;
  const description = textOf(answer['error_description'] ?? answer['error_message'] ?? answer['message']);
  if (typeof error === 'string' && error !== '') return { error, description };
  if (typeof error === 'object' && error !== null) {
    const inner = error as Record<string, unknown>;
    return { error: textOf(inner['type'] ?? inner['code']), description: textOf(inner['message']) };
  }
  if (status >= 400) return { error: textOf(answer['error_type']) || `status ${status}`, description };
  return undefined;
}

/** What a token endpoint's refusal means for the sign-in or the account. */
export function tokenFailure(
  { error, description }: TokenError,
  status: number,
  { service, purpose, clock, isDead }: Pick<TokenRequest, 'service' | 'purpose' | 'clock' | 'isDead'>,
): Failure {
  const said = mask(description === '' ? error : `${error}: ${description}`).slice(0, 300);
  const message = `${service.name} refused: ${said}`;
  const known = { certain: true, status, message };
  const command = `repost login ${service.id}`;
  // Wrong keys say nothing about the sign-in: the account stays as it is and its jobs wait for the keys.
  const patience =
    purpose === 'refresh'
      ? { kind: 'later' as const, reason: 'login' as const, notBefore: clock.now() + 15 * MINUTE }
      : {};
  if (error === 'invalid_grant' || isDead?.({ error, description }) === true)
    return purpose === 'exchange'
      ? new Failure('E_LOGIN_CODE', { ...known, command })
      : new Failure('E_LOGIN_NEEDED', { ...known, kind: 'login', command });
  if (/^(invalid_client|unauthorized_client|invalid_client_key|incorrect_client_credentials)$/.test(error))
    return new Failure('E_CLIENT_INVALID', {
      ...known,
      ...patience,
      command: `repost app add ${service.id} --client-id ID`,
    });
  if (error === 'redirect_uri_mismatch') return new Failure('E_REDIRECT', { ...known, ...patience });
  if (error === 'temporarily_unavailable' || error === 'server_error' || status >= 500)
    return new Failure('E_PLATFORM_DOWN', { status, message });
  if (purpose === 'exchange') return new Failure('E_LOGIN_CODE', { ...known, command });
  return new Failure('E_REFUSED', { ...known, kind: 'retry' });
}

/**
 * The usual answer of a token endpoint as a Grant. What a refresh leaves out stays as it was. A platform that
 * does not tell the granted scopes has granted what was asked for.
 */
export function standardGrant(
  answer: Readonly<Record<string, unknown>>,
  { clock, scopes = [], previous }: { clock: Clock; scopes?: readonly string[]; previous?: Grant },
): Grant {
  const accessToken = textOf(answer['access_token']);
  if (accessToken === '')
    throw new Failure('E_BAD_ANSWER', { message: 'The token endpoint answered without an access token.' });
  const now = clock.now();
  const refreshToken = textOf(answer['refresh_token']) || previous?.refreshToken;
  const expiresAt = instant(answer['expires_in'], now);
  const refreshExpiresAt =
    instant(answer['refresh_token_expires_in'] ?? answer['refresh_expires_in'], now) ??
    previous?.refreshExpiresAt;
  const granted = textOf(answer['scope'])
    .split(/[\s,]+/)
    .filter((scope) => scope !== '');
  const grant: Grant = {
    accessToken,
    scopes: granted.length > 0 ? granted : (previous?.scopes ?? scopes),
    obtainedAt: now,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(refreshExpiresAt === undefined ? {} : { refreshExpiresAt }),
    ...(previous?.extra === undefined ? {} : { extra: previous.extra }),
  };
  rememberGrant(grant);
  return grant;
}

/** Id and secret are form-encoded before they are joined (RFC 6749 section 2.3.1). */
function basicAuth(app: App): Record<string, string> {
  const encode = (text: string) => new URLSearchParams({ s: text }).toString().slice(2);
  const pair = `${encode(app.clientId)}:${encode(app.clientSecret ?? '')}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Seconds from now as an instant; some servers send the number as text. */
function instant(seconds: unknown, now: number): number | undefined {
  const value = typeof seconds === 'string' && seconds !== '' ? Number(seconds) : seconds;
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? now + value * SECOND : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function asObject(answer: unknown, { service }: TokenRequest): Record<string, unknown> {
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer))
    return answer as Record<string, unknown>;
  throw new Failure('E_BAD_ANSWER', { message: `${service.name}’s token endpoint answered no object.` });
}
