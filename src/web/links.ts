import { createHmac, randomBytes } from 'node:crypto';
import { DAY } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { CredentialRow, Store } from '../store/types.ts';
import { isSame } from './secrets.ts';

export const usualLinkMs = 7 * DAY;
export const longestLinkMs = 60 * DAY;

/** What a link opens, and what it needs: one decision about one job, until it is made, revoked, or over. */
export interface ApprovalLink {
  row: CredentialRow;
  /** Path on the server. It lets whoever has it decide: it is shown to whoever asked for it, and kept nowhere. */
  path: string;
}

/** Makes a link by which somebody without an account may approve or decline one job. An older one of the job ends. */
export async function addLink(
  store: Store,
  key: Buffer,
  job: { id: number; user: string },
  now: number,
  lastsMs: number,
): Promise<ApprovalLink> {
  await revokeLinks(store, job.id);
  const id = randomBytes(9).toString('hex');
  const expiresAt = now + lastsMs;
  const row = await store.credentials.add(
    {
      id,
      kind: 'link',
      name: `job ${job.id}`,
      user: job.user,
      role: 'viewer',
      hash: '',
      jobId: job.id,
      expiresAt,
    },
    now,
  );
  return { row, path: `/approve/${id}.${signatureOf(key, row)}` };
}

/** Ends the links of a job. Gives how many. */
export async function revokeLinks(store: Store, jobId: number): Promise<number> {
  const rows = (await store.credentials.list('link')).filter((row) => row.jobId === jobId);
  const taken = await Promise.all(rows.map(({ id }) => store.credentials.take(id, 'link')));
  return taken.filter(Boolean).length;
}

/** The link that somebody came with. Throws E_LINK: forged, used, revoked and expired ones all look alike. */
export async function readLink(store: Store, key: Buffer, text: string, now: number): Promise<CredentialRow> {
  const [, id = '', signature = ''] = /^([\da-f]{18})\.([\w-]{43})$/u.exec(text) ?? [];
  const row = await store.credentials.get(id);
  const link = row?.kind === 'link' ? row : undefined;
  const isSigned = isSame(signature, signatureOf(key, link ?? { id, jobId: null, expiresAt: 0 }));
  if (!link || !isSigned || link.expiresAt === null || link.expiresAt <= now) throw new Failure('E_LINK');
  return link;
}

/** Over all that the link says: another job or another day needs another signature. */
function signatureOf(
  key: Buffer,
  { id, jobId, expiresAt }: Pick<CredentialRow, 'id' | 'jobId' | 'expiresAt'>,
): string {
  return createHmac('sha256', key).update(`approve ${id} ${jobId} ${expiresAt}`).digest('base64url');
}
