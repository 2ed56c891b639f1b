import { ask, type SendPieces, secretOf } from './alert-send.ts';

/** One GET: what every dead-man’s switch takes (for example https://healthchecks.io/docs/http_api/). */
export async function sendHeartbeat({ http, secrets }: SendPieces): Promise<void> {
  await ask(http, 'The heartbeat’s service', { url: secretOf(secrets, 'url') });
}
