import { sendDesktop } from './alert-desktop.ts';
import { sendDiscord } from './alert-discord.ts';
import { sendHeartbeat } from './alert-heartbeat.ts';
import { sendMail } from './alert-mail.ts';
import { sendNtfy } from './alert-ntfy.ts';
import { refused, type SendPieces } from './alert-send.ts';
import { sendSlack } from './alert-slack.ts';
import { sendTelegram } from './alert-telegram.ts';
import { tame } from './alert-text.ts';
import { sendWebhook } from './alert-webhook.ts';
import { rememberSecret } from './redact.ts';

/** Sends one message to one channel, once. Throws a Failure: `reject` where a person must mend the channel. */
export async function sendAlert(given: SendPieces): Promise<void> {
  for (const secret of Object.values(given.secrets)) rememberChannelSecret(secret);
  // A title holds a caption, which is anybody's.
  const { title, lines } = given.message;
  const message = { ...given.message, title: tame(title, 500), lines: lines.map((line) => tame(line, 500)) };
  const pieces = { ...given, message };
  switch (pieces.channel.kind) {
    case 'slack':
      return sendSlack(pieces);
    case 'discord':
      return sendDiscord(pieces);
    case 'telegram':
      return sendTelegram(pieces);
    case 'ntfy':
      return sendNtfy(pieces);
    case 'email':
      return sendMail(pieces);
    case 'webhook':
      return sendWebhook(pieces);
    case 'desktop':
      return sendDesktop(pieces);
    case 'heartbeat':
      return sendHeartbeat(pieces);
    default:
      throw refused(`This repost knows no channels of the kind “${String(pieces.channel.kind)}”.`);
  }
}

/** An address is secret as a whole, and so is its path by itself. */
export function rememberChannelSecret(secret: string): void {
  rememberSecret(secret);
  if (!URL.canParse(secret)) return;
  const { pathname, search } = new URL(secret);
  // A short path is an ordinary word, and would be taken out of every text.
  for (const part of [pathname, search]) if (part.length > 12) rememberSecret(part.slice(1));
}
