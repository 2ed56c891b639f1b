import { MINUTE } from '../core/clock.ts';
import { decide, type Situation } from '../core/decision.ts';
import { asFailure, type Failure } from '../core/failure.ts';
import { errorOf } from '../core/job.ts';
import { isImported, recognised } from '../core/past-posts.ts';
import type { SourceItem } from '../core/video.ts';
import type { SourceRow, Store, VideoRow } from '../store/types.ts';
import type { EngineDeps, EngineEvent } from './deps.ts';
import { openLaneBook } from './lane-book.ts';
import { keepOriginals } from './numbers.ts';
import { originsOf } from './own-posts.ts';
import { sourceContext } from './still-public.ts';

type VideoEvent = Extract<EngineEvent, { kind: 'video' }>;

/** Sources that a full limit holds are asked again at so many different instants. */
const SPREAD = 64;
/** A failing source is asked ever less often, but at least this often. */
const SLOWEST_POLL_MS = 30 * MINUTE;

/** Polls one source: stores what is new and makes its jobs, video by video in one transaction. */
export async function pollSource(deps: EngineDeps, row: SourceRow, signal?: AbortSignal): Promise<void> {
  const { store, clock } = deps;
  const source = deps.registry.source(row.kind);
  if (!source) return;
  const startedAt = clock.now();
  try {
    const known = await store.videos.known(row.id, []);
    const items = await source.poll(await sourceContext(deps, row, known, signal));
    const fresh = items.filter((item) => !known.has(item.remoteId));
    const stored = fresh.length === 0 ? [] : await keep(deps, row, fresh);
    await store.sources.polled(row.id, startedAt, startedAt + deps.settings.pollIntervalMs, null);
    await keepOriginals(deps, row, items);
    deps.emit({ kind: 'poll', source: row, found: items.length, fresh: stored.length });
    for (const one of stored) deps.emit({ kind: 'video', source: row, ...one });
  } catch (error) {
    const failure = asFailure(error);
    await store.sources.polled(row.id, startedAt, nextTry(deps, row, failure, startedAt), errorOf(failure));
    deps.emit({ kind: 'poll-failed', source: row, message: failure.message });
  }
}

/** When a source is asked again that could not be read. */
function nextTry(
  { settings }: Pick<EngineDeps, 'settings'>,
  row: SourceRow,
  { kind, notBefore }: Failure,
  startedAt: number,
): number {
  const { pollIntervalMs } = settings;
  // A full limit says when there is room again, and it is that of a thousand sources: they come one after the other,
  // those first that have waited longest, or the same ones would take each place that becomes free.
  if (kind === 'later' && notBefore !== undefined) {
    const waitedMs = startedAt - (row.lastGoodPollAt ?? startedAt);
    const patience = pollIntervalMs / Math.max(pollIntervalMs, waitedMs);
    return (
      Math.max(startedAt, notBefore) +
      Math.floor(((row.id % SPREAD) / SPREAD) * (pollIntervalMs / 4) * patience)
    );
  }
  const wait = Math.min(SLOWEST_POLL_MS, pollIntervalMs * 2 ** Math.min(row.failures, 10));
  return Math.max(startedAt + wait, notBefore ?? 0);
}

/** Stores what is new, makes its jobs, and gives what there is to tell of each. */
async function keep(
  deps: EngineDeps,
  row: SourceRow,
  fresh: readonly SourceItem[],
): Promise<Omit<VideoEvent, 'kind' | 'source'>[]> {
  const { store, clock } = deps;
  // After an import: these are stored already, and get the names that their source gives them.
  const again = await recognisedAmong(store, row, fresh);
  const { taken, catchUps } = decide(await situationOf(store, row, fresh, clock.now(), deps.settings));
  for (const catchUp of catchUps) deps.emit({ kind: 'catch-up', source: row, ...catchUp });
  for (const [item, { id }] of again) await store.videos.recognise(id, item);
  const { videos } = await store.videos.take(row.id, taken, clock.now());
  return videos.map(({ id, remoteId }) => {
    const entry = taken.find((one) => one.item.remoteId === remoteId);
    return { videoId: id, remoteId, jobs: entry?.jobs.length ?? 0, skipped: entry?.skipped ?? [] };
  });
}

/** What there is to decide about, and all that it depends on: read here for the watcher and for the plan. */
export async function situationOf(
  store: Store,
  row: SourceRow,
  fresh: readonly SourceItem[],
  now: number,
  settings: Pick<EngineDeps['settings'], 'pollIntervalMs' | 'retry'>,
): Promise<Situation> {
  const rules = await store.rules.list({ sourceId: row.id });
  const origin = await originsOf(store, row.accountId, fresh, now);
  const again = await recognisedAmong(store, row, fresh);
  // While a job posts to this very account, a new video there may be its own: the next poll knows.
  const clear = fresh.filter((item) => origin(item).kind !== 'unclear' && !again.has(item));
  const ours = new Map<string, string>();
  for (const item of clear) {
    const found = origin(item);
    if (found.kind === 'ours') ours.set(item.remoteId, found.why);
  }
  return {
    now,
    rules,
    fresh: clear,
    ours,
    baselineAt: row.baselineAt,
    lastGoodPollAt: row.lastGoodPollAt,
    pollIntervalMs: settings.pollIntervalMs,
    maxAttempts: settings.retry.attempts,
    lanes: await openLaneBook(store, clear.length === 0 ? [] : rules, now),
  };
}

/** Most imported videos that new items are compared with. */
const MOST_IMPORTED = 50_000;

/** Which of these items an import has brought already. */
async function recognisedAmong(
  store: Store,
  row: SourceRow,
  fresh: readonly SourceItem[],
): Promise<Map<SourceItem, VideoRow>> {
  if (fresh.length === 0) return new Map();
  const known = await store.videos.known(row.id, []);
  if (![...known].some((remoteId) => isImported({ remoteId }))) return new Map();
  return recognised(fresh, await store.videos.list({ sourceId: row.id, limit: MOST_IMPORTED }));
}
