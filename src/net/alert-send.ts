import type { AlertMessage, Channel, ChannelSecrets } from '../core/alert.ts';
import { type Clock, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';

/** What every sender is given. */
export interface SendPieces {
  http: Http;
  clock: Clock;
  channel: Channel;
  secrets: ChannelSecrets;
  message: AlertMessage;
}

export const SEND_TIMEOUT_MS = 15 * SECOND;

/** Asks, and says every refusal as one that the channel's person can mend. Addresses of channels are secrets: only the host is named. */
export async function ask(http: Http, name: string, request: HttpRequest): Promise<HttpResponse> {
  try {
    return await http.send({ timeoutMs: SEND_TIMEOUT_MS, ...request });
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === 'later' || error.kind === 'retry') throw error;
    throw refused(`${name} refused: ${error.message}`, error);
  }
}

export function refused(message: string, cause?: unknown): Failure {
  return new Failure('E_ALERT', { message, certain: true, cause });
}

export function secretOf(secrets: ChannelSecrets, name: keyof ChannelSecrets): string {
  const secret = secrets[name];
  if (secret !== undefined) return secret;
  throw refused(`The channel’s ${name} is not in the vault.`);
}
