import { DAY } from '../core/clock.ts';
import { asFailure, redo } from '../core/failure.ts';
import type { HostedFile, MediaHost, Offer } from '../core/host.ts';
import { noHost, OFFER_LEAST_MS, publicCopyStep } from '../core/host.ts';
import type { Run } from '../core/platform.ts';
import { rememberSecret } from '../net/redact.ts';
import type { HostedRow } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';

/** Older copies serve nobody: their address has run out, and no platform takes a day to fetch. */
const NEEDLESS_AFTER_MS = DAY;

const PLACED = 'make the public copy';

interface Named {
  id: number;
  handle: string;
  place: string;
}

export interface HostingJob {
  run: Run;
  media: HostedFile;
  /** For the message: `Threads`. */
  platform: string;
  signal: AbortSignal | undefined;
}

/**
 * Puts the video on the user's media host, once for a job: both the copy's name and its address are journaled,
 * sealed. A crash in between finds the name again, so there is one copy and it is known.
 */
export async function publicAddress(deps: EngineDeps, job: HostingJob): Promise<string> {
  const { store, clock } = deps;
  const { run, media, signal } = job;
  const host = await deps.host?.();
  if (!host) throw noHost(clock, job.platform);
  const named = await run.step<Named>(publicCopyStep, () => nameCopy(deps, host, job), { sealed: true });
  // Taken away meanwhile (the job was ended and retried), or on a host that was replaced.
  if (named.place !== host.place || !(await store.hosted.get(named.id)))
    throw redo(publicCopyStep, 'The public copy is gone; a new one is made.');
  const offer = await run.step<Offer>(PLACED, () => host.offer(named.handle, media, signal), {
    sealed: true,
  });
  rememberSecret(offer.url);
  if (offer.until - clock.now() < OFFER_LEAST_MS)
    throw redo(publicCopyStep, 'The public address has run out; a new one is made.');
  return offer.url;
}

async function nameCopy({ store, clock, seal }: EngineDeps, host: MediaHost, { run, media }: HostingJob) {
  const handle = host.newHandle(media);
  const { place } = host;
  const sealed = seal.seal(handle, contextOf(run.jobId));
  const id = await store.hosted.add({ jobId: run.jobId, place, handle: sealed }, clock.now());
  return { id, handle, place };
}

/**
 * Takes away the copies that nobody fetches any more: of jobs that have ended, however they did, and old ones.
 * What can't be taken away now is tried again with the next.
 */
export async function clearHosted(deps: EngineDeps): Promise<void> {
  const { store, clock } = deps;
  try {
    const rows = await store.hosted.list({ needlessBefore: clock.now() - NEEDLESS_AFTER_MS });
    const host = rows.length === 0 ? undefined : await deps.host?.();
    if (host) await withdrawAll(deps, host, rows);
  } catch (error) {
    deps.emit({
      kind: 'trouble',
      message: `A public copy could not be deleted: ${asFailure(error).message}`,
    });
  }
}

/** Takes copies away that this host holds. Gives how many it could not, for they are another one's. */
export async function withdrawAll(
  { store, seal }: Pick<EngineDeps, 'store' | 'seal'>,
  host: MediaHost,
  rows: readonly HostedRow[],
): Promise<number> {
  const own = rows.filter(({ place }) => place === host.place);
  for (const row of own) {
    await host.withdraw(seal.unseal(row.handle, contextOf(row.jobId)));
    await store.hosted.remove(row.id);
  }
  return rows.length - own.length;
}

const contextOf = (jobId: number) => `${jobId}/hosted`;
