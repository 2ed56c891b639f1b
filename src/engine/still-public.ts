import { DAY } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { SourceContext } from '../core/source.ts';
import type { Video } from '../core/video.ts';
import type { SourceRow } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';
import { openMeter } from './meter.ts';
import { isShallow } from './shallow.ts';

/** How far behind now a poll looks at least: an item made public late stands below newer ones. */
const LOOK_BACK_MS = 2 * DAY;

/** What a source needs to be asked. */
export async function sourceContext(
  deps: EngineDeps,
  source: SourceRow,
  known: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<SourceContext> {
  const { store, clock } = deps;
  const kind = deps.registry.source(source.kind);
  const asked = kind?.anonymous ? null : source.accountId;
  const account = asked === null ? undefined : await store.accounts.get(asked);
  const service = account && deps.registry.service(account.platform);
  const since =
    source.baselineAt === null ? 0 : Math.min(clock.now(), source.lastGoodPollAt ?? 0) - LOOK_BACK_MS;
  return {
    http:
      account && service
        ? deps.connect(account, service, openMeter({ service, account, limits: store.limits, clock }))
        : deps.anonymous,
    ...(account ? { account } : {}),
    ...(source.locator === null ? {} : { locator: source.locator }),
    clock,
    known: (remoteId) => known.has(remoteId),
    since,
    ...(kind && account && service ? { shallow: () => isShallow(deps, source, kind, service, account) } : {}),
    ...(signal ? { signal } : {}),
  };
}

/**
 * Asked right before a post becomes visible: what its owner took back is not reposted. Where the source can't
 * be asked now, the last poll's word stands: a source's trouble must not stop what it already showed us.
 */
export async function sourceStillPublic(deps: EngineDeps, video: Video): Promise<void> {
  if (await isGone(deps, video)) {
    throw new Failure('E_SOURCE_GONE', {
      message: `The source video ${video.url} is gone or no longer public.`,
      certain: true,
    });
  }
}

async function isGone(deps: EngineDeps, video: Video): Promise<boolean> {
  if (video.state === 'gone') return true;
  const row = await deps.store.sources.get(video.sourceId);
  const source = row && deps.registry.source(row.kind);
  if (!row || !source) return false;
  try {
    return (await source.stillPublic(await sourceContext(deps, row, new Set()), video.remoteId)) === 'gone';
  } catch {
    return false;
  }
}
