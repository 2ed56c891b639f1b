import { Failure } from '../core/failure.ts';
import type { PlatformId } from '../core/names.ts';
import { mask, rememberSecret } from './redact.ts';

/**
 * The code of a callback whose state has been checked. Throws what its error means, and E_STATE_MISMATCH where
 * it comes from another issuer than was asked (RFC 9207: a mix-up of two servers).
 */
export function readCallback(
  callback: URLSearchParams,
  { service, issuers }: { service: { id: PlatformId; name: string }; issuers: readonly string[] },
): string {
  const issuer = callback.get('iss');
  if (issuer !== null && !issuers.some((expected) => sameIssuer(expected, issuer)))
    throw new Failure('E_STATE_MISMATCH', {
      message: 'The answer comes from another server than was asked.',
    });
  const error = callback.get('error');
  if (error !== null) throw refusal(error, callback, service);
  const code = callback.get('code');
  if (code === null || code === '')
    throw new Failure('E_LOGIN_CODE', {
      message: `${service.name} sent the browser back without a code.`,
      command: `repost login ${service.id}`,
    });
  rememberSecret(code);
  return code;
}

/** A person's no, in the spellings of Google, X, Meta (one of its pages misspells it) and LinkedIn. */
const declined = /^(acc?e?ess_denied|user_denied|user_cancelled(_\w+)?|consent_required|login_required)$/;

function refusal(
  error: string,
  callback: URLSearchParams,
  service: { id: PlatformId; name: string },
): Failure {
  const description = callback.get('error_description') ?? callback.get('error_message') ?? '';
  const plain = mask(`${error}${description === '' ? '' : `: ${description}`}`)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .slice(0, 300);
  const message = `${service.name} answered: ${plain}`;
  const command = `repost login ${service.id}`;
  if (declined.test(error) || callback.get('error_reason') === 'user_denied')
    return new Failure('E_DENIED', { message: `The ${service.name} sign-in was declined.`, command });
  if (/scope/.test(error)) return new Failure('E_APP_SETUP', { message });
  if (/redirect/.test(error)) return new Failure('E_REDIRECT', { message });
  if (/client/.test(error))
    return new Failure('E_CLIENT_INVALID', {
      message,
      command: `repost app add ${service.id} --client-id ID`,
    });
  if (error === 'server_error' || error === 'temporarily_unavailable')
    return new Failure('E_PLATFORM_DOWN', { message, command });
  return new Failure('E_DENIED', { message, command });
}

function sameIssuer(expected: string, issuer: string): boolean {
  const plain = (url: string) => url.replace(/\/+$/, '');
  return plain(expected) === plain(issuer);
}
