import type { Problem } from '../core/alert.ts';
import { readProblemFacts, SILENT_INTERVALS } from '../engine/problem-facts.ts';
import { problemsOf } from '../engine/problems.ts';
import type { App } from './app.ts';
import { freeBytes } from './free-bytes.ts';

/** What is wrong with this home right now, as far as its store and its disk tell. */
export async function problemsNow(app: App): Promise<Problem[]> {
  const silentMs = app.config.number('poll.interval') * SILENT_INTERVALS;
  const facts = await readProblemFacts(await app.store(), app.clock.now(), silentMs);
  return problemsOf({ ...facts, freeBytes: await freeBytes(app.paths.data) });
}
