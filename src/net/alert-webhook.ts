import { createHmac } from 'node:crypto';
import { Failure } from '../core/failure.ts';
import { ask, type SendPieces, secretOf } from './alert-send.ts';

/**
 * Signed as https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md says: the
 * same id for every try, the time of this try, and an HMAC over both and the body.
 */
export async function sendWebhook({ http, clock, secrets, message }: SendPieces): Promise<void> {
  const body = JSON.stringify({
    type: `repost.${message.kind}`,
    timestamp: message.createdAt,
    data: message,
  });
  const sentAt = Math.floor(clock.now() / 1000);
  await ask(http, 'The webhook', {
    method: 'POST',
    url: secretOf(secrets, 'url'),
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': message.id,
      'webhook-timestamp': String(sentAt),
      'webhook-signature': signWebhook(secretOf(secrets, 'key'), message.id, sentAt, body),
    },
  });
}

/** `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. */
export function signWebhook(key: string, id: string, timestampSeconds: number, body: string): string {
  const hmac = createHmac('sha256', keyBytes(key)).update(`${id}.${timestampSeconds}.${body}`);
  return `v1,${hmac.digest('base64')}`;
}

/** 24 to 64 bytes, as the specification wants them. Throws E_USAGE. */
export function keyBytes(key: string): Buffer {
  const bytes = Buffer.from(key.trim().replace(/^whsec_/u, ''), 'base64');
  if (bytes.length >= 24 && bytes.length <= 64) return bytes;
  throw new Failure('E_USAGE', {
    message: 'The signing key must be 24 to 64 random bytes in base64.',
    hint: 'Make one: printf "whsec_%s" "$(openssl rand -base64 32)" > key.txt',
  });
}
