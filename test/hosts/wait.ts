import { setTimeout as pause } from 'node:timers/promises';

/** So long, or until the signal. */
export async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  await pause(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
