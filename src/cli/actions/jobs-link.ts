import { Failure } from '../../core/failure.ts';
import { addLink, longestLinkMs, revokeLinks, usualLinkMs } from '../../web/links.ts';
import { iso, schemaVersion } from '../../web/views.ts';
import type { App } from '../app.ts';
import type { Turn } from '../command.ts';
import { findJob } from '../find.ts';
import { parseLength } from '../time.ts';
import { addressKey, linkKey } from '../web.ts';

interface LinkOptions {
  expires?: string;
  revoke?: boolean;
}

/** A link by which a client decides about one job, without an account; or its end. */
export async function approvalLink(turn: Turn, options: LinkOptions, idText: string): Promise<undefined> {
  const { app, print, note } = turn;
  const store = await app.store();
  const job = await findJob(store, idText);
  if (options.revoke) {
    const revoked = await revokeLinks(store, job.id);
    print({ schemaVersion, job: job.id, revoked }, () =>
      revoked === 0 ? `Job ${job.id} has no link.` : `The link of job ${job.id} ends now.`,
    );
    return;
  }
  if (job.state !== 'waiting' || job.reason !== 'approval')
    throw new Failure('E_WRONG_STATE', { message: `Job ${job.id} does not wait for approval.` });
  const lastsMs = options.expires === undefined ? usualLinkMs : parseLength(options.expires, '--expires');
  if (lastsMs <= 0 || lastsMs > longestLinkMs)
    throw new Failure('E_USAGE', { message: 'A link lasts 60 days at most.' });
  const origin = await originOf(app);
  const { row, path } = await addLink(store, await linkKey(app), job, app.clock.now(), lastsMs);
  const url = `${origin}${path}`;
  print({ schemaVersion, job: job.id, url, expiresAt: iso(row.expiresAt) }, () => url);
  note(`Whoever has this link may approve or decline job ${job.id}, once, until ${iso(row.expiresAt)}.`);
  if (app.config.text('daemon.http.origin') === '')
    note(
      'It leads to this machine only: for clients elsewhere, set daemon.http.origin to your https address.',
    );
}

async function originOf(app: App): Promise<string> {
  const given = app.config.text('daemon.http.origin');
  if (given !== '') return new URL(given).origin;
  const running = await (await app.store()).meta.get(addressKey(app));
  if (running !== undefined) return running;
  throw new Failure('E_WRONG_STATE', {
    message: 'Nobody serves the page of a link: no daemon of this home listens.',
    hint: 'Start the daemon, with daemon.http on.',
    command: 'repost daemon',
  });
}
