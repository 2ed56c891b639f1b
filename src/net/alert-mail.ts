import { readFileSync } from 'node:fs';
import type { AlertMessage, MailSettings } from '../core/alert.ts';
import { Failure } from '../core/failure.ts';
import { refused, SEND_TIMEOUT_MS, type SendPieces } from './alert-send.ts';
import { cut, endOf, linesOf, plainText, tame } from './alert-text.ts';
import { mask } from './redact.ts';

/** Long subjects are cut by many programs; RFC 5322 folds them, people read the beginning. */
const MOST_SUBJECT = 150;
const MOST_TEXT = 50_000;

/** One mail for each message, as text and as plain HTML. */
export async function sendMail({
  channel,
  secrets,
  message,
}: Omit<SendPieces, 'http' | 'clock'>): Promise<void> {
  const { mail } = channel.settings;
  if (!mail) throw refused('The channel has no mail server.');
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host: mail.host,
    port: mail.port,
    secure: mail.tls === 'tls',
    // A server that offers no STARTTLS gets neither password nor mail.
    requireTLS: mail.tls === 'starttls',
    ignoreTLS: mail.tls === 'none',
    ...(mail.user === null ? {} : { auth: { user: mail.user, pass: secrets.password ?? '' } }),
    tls: mail.caFile === null ? {} : { ca: authorityOf(mail.caFile) },
    connectionTimeout: SEND_TIMEOUT_MS,
    greetingTimeout: SEND_TIMEOUT_MS,
    socketTimeout: SEND_TIMEOUT_MS,
    // Nothing in a message may make the mailer read a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail(mailOf(mail, message));
  } catch (error) {
    throw mailFailure(error, mail);
  } finally {
    transport.close();
  }
}

/** The same id for every try: mail programs show it once. */
export function mailOf(mail: MailSettings, message: AlertMessage) {
  return {
    from: mail.from,
    to: [...mail.to],
    subject: cut(tame(`[repost] ${message.title}`, MOST_SUBJECT), MOST_SUBJECT),
    text: `${plainText(message, MOST_TEXT)}\n`,
    html: htmlOf(message),
    messageId: `<${message.id}@${
      mail.from
        .split('@')
        .pop()
        ?.replace(/[^\w.-]/gu, '') || 'repost'
    }>`,
    headers: {
      // https://www.rfc-editor.org/rfc/rfc3834: nobody's holiday notice answers this.
      'Auto-Submitted': 'auto-generated',
      'List-Id': 'repost alerts <alerts.repost>',
      ...(message.severity === 'critical' ? { Importance: 'high' } : {}),
    },
  };
}

function htmlOf(message: AlertMessage): string {
  const items = message.items.map((item) => {
    const [head, ...rest] = linesOf(item);
    const lines = rest.map(({ kind, text }) =>
      kind === 'command' ? `<code>${escapeHtml(text)}</code>` : escapeHtml(text),
    );
    return `<h3>${escapeHtml(head?.text ?? '')}</h3><p>${lines.join('<br>')}</p>`;
  });
  const lines = [...message.lines, endOf(message)].filter((line) => line !== '');
  return [
    `<h2>${escapeHtml(message.title)}</h2>`,
    ...lines.map((line) => `<p>${escapeHtml(line)}</p>`),
    ...items,
  ].join('\n');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.codePointAt(0)};`);
}

function authorityOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(`The file ${path} can’t be read.`, error);
  }
}

/** What nodemailer's codes mean for us (https://nodemailer.com/errors). */
function mailFailure(error: unknown, { host, port }: MailSettings): Failure {
  if (error instanceof Failure) return error;
  const { code = '', responseCode = 0 } = error as { code?: string; responseCode?: number };
  const said = tame(mask(error instanceof Error ? error.message : String(error)), 300);
  const message = `${host}:${port}: ${said}`;
  if (code === 'EAUTH') return refused(`The mail server does not take the name or the password. ${message}`);
  if (code === 'ETLS') return refused(`No encrypted connection to the mail server. ${message}`);
  // 5xx is for good (https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1).
  if (responseCode >= 500 || code === 'EENVELOPE') return refused(`The mail server refuses. ${message}`);
  return new Failure(responseCode >= 400 ? 'E_PLATFORM_DOWN' : 'E_NETWORK', { message });
}
