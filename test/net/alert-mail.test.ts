import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AlertMessage, Channel, MailSettings } from '../../src/core/alert.ts';
import { sendMail } from '../../src/net/alert-mail.ts';

const message: AlertMessage = {
  schemaVersion: 1,
  id: 'message-1',
  kind: 'alert',
  severity: 'critical',
  title: '“<b>hot</b>\r\nBcc: everybody@example.com” could not be posted',
  lines: [],
  items: [
    {
      state: 'open',
      rule: 'dead-letter',
      severity: 'critical',
      title: '<script>alert(1)</script> 🎬',
      facts: [['job', '12']],
      todo: 'See why.',
      command: 'repost jobs show 12',
      link: null,
      since: '2026-11-22T12:00:00.000Z',
    },
  ],
  more: 0,
  createdAt: '2026-11-22T12:00:00.000Z',
};

const PASSWORD = 'MailSecretMailSecret';

/** A real mail server; `offersTls` false: one that a stranger in the middle has made forget STARTTLS. */
async function openServer(offersTls: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'repost-mail-'));
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, made.cert);
  const mails: string[] = [];
  const tried: string[] = [];
  const server = new SMTPServer({
    key: made.private,
    cert: made.cert,
    disabledCommands: offersTls ? [] : ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      tried.push(String(password));
      if (username === 'me' && password === PASSWORD) done(null, { user: username });
      else done(new Error(`no such password ${password}`));
    },
    onData(stream, _session, done) {
      let text = '';
      stream.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      stream.on('end', () => {
        mails.push(text);
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(folder, { recursive: true, force: true });
  });
  const mail: MailSettings = {
    host: 'localhost',
    port: (server.server.address() as AddressInfo).port,
    tls: 'starttls',
    user: 'me',
    from: 'repost@example.com',
    to: ['me@example.com', 'you@example.com'],
    caFile,
  };
  const send = (change: Partial<MailSettings> = {}, password = PASSWORD) =>
    sendMail({
      channel: { settings: { mail: { ...mail, ...change } } } as Channel,
      secrets: { password },
      message,
    });
  return { mails, tried, send };
}

describe('a mail', () => {
  it('goes over an encrypted connection, signed in, as text and as harmless HTML', async () => {
    const { mails, send } = await openServer(true);
    await send();
    const [mail = ''] = mails;
    expect(mail).toMatch(/^Subject: =\?UTF-8\?Q\?=5Brepost=5D/mu);
    expect(mail.slice(0, mail.indexOf('\r\n\r\n'))).not.toMatch(/^Bcc:/mu);
    expect(mail).toMatch(/^Message-ID: <message-1@example\.com>/imu);
    expect(mail).toMatch(/^Auto-Submitted: auto-generated/mu);
    expect(mail).toMatch(/^To: me@example\.com, you@example\.com/mu);
    expect(mail).toContain('text/plain');
    const html = mail.slice(mail.indexOf('text/html')).replace(/=\r\n/gu, '').replaceAll('=3D', '=');
    expect(html).not.toContain('<script>');
    expect(html).toContain('<code>repost jobs show 12</code>');
  });

  it('is not sent where no encryption is offered, and neither is the password', async () => {
    const { mails, tried, send } = await openServer(false);
    await expect(send()).rejects.toMatchObject({ code: 'E_ALERT', kind: 'reject' });
    expect(mails).toEqual([]);
    expect(tried).toEqual([]);
  });

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    const { mails, tried, send } = await openServer(true);
    await expect(send({ caFile: null })).rejects.toMatchObject({ name: 'Failure' });
    expect([mails, tried]).toEqual([[], []]);
  });

  it('is refused with the wrong password, which no message repeats', async () => {
    const { rememberSecret } = await import('../../src/net/redact.ts');
    rememberSecret('WrongSecretWrongSecret');
    const { send } = await openServer(true);
    const error = await send({}, 'WrongSecretWrongSecret').catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'E_ALERT' });
    expect(String((error as Error).message)).not.toContain('WrongSecret');
  });

  it('waits where the server is not there', async () => {
    const { send } = await openServer(true);
    await expect(send({ port: 1 })).rejects.toMatchObject({ code: 'E_NETWORK', kind: 'retry' });
  });
});
