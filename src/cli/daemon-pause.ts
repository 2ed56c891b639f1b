import type { Store } from '../store/types.ts';

/** Kept in the database: who paused everything does not expect a restart to end that. */
const KEY = 'daemon.paused';

export async function readPause(store: Store): Promise<{ since: string } | undefined> {
  const since = await store.meta.get(KEY);
  return since === undefined ? undefined : { since };
}

/** A pause that stands keeps its beginning. */
export async function writePause(store: Store, now: number): Promise<{ since: string }> {
  const pause = (await readPause(store)) ?? { since: new Date(now).toISOString() };
  await store.meta.set(KEY, pause.since);
  return pause;
}

export async function endPause(store: Store): Promise<void> {
  await store.meta.remove(KEY);
}
