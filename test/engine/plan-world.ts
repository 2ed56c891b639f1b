import type { Account } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { foresee } from '../../src/core/foresee.ts';
import type { Http } from '../../src/core/http.ts';
import type { MediaFile } from '../../src/core/media.ts';
import type { PlatformId } from '../../src/core/names.ts';
import type { Platform } from '../../src/core/platform.ts';
import type { Source } from '../../src/core/source.ts';
import type { FittedText } from '../../src/core/text.ts';
import type { SourceItem } from '../../src/core/video.ts';
import type { EngineDeps } from '../../src/engine/deps.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import type { PlanDeps } from '../../src/engine/plan-posts.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { facebook } from '../../src/platforms/facebook.ts';
import { instagram } from '../../src/platforms/instagram.ts';
import { x } from '../../src/platforms/x.ts';
import { youtube } from '../../src/platforms/youtube.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { SourceRow, Store } from '../../src/store/types.ts';

/** What a platform was given, as it was given. */
export interface Shown {
  account: string;
  remoteId: string;
  text: FittedText;
  at: number;
}

export interface PlanWorld {
  clock: TestClock;
  store: Store;
  engine: Engine;
  accounts: Account[];
  source: SourceRow;
  /** What the source shows; the test adds to it. */
  items: SourceItem[];
  shown: Shown[];
  /** Called as a platform’s own call would be, before a post is made. */
  spend?: (account: Account, platform: Platform, text: FittedText) => Promise<void>;
  planDeps(): PlanDeps;
}

const file: MediaFile = {
  path: '/nowhere/video.mp4',
  sha256: 'a'.repeat(64),
  mimeType: 'video/mp4',
  container: 'mp4',
  bytes: 1_000_000,
  durationMs: 20_000,
  width: 1080,
  height: 1920,
  videoCodec: 'h264',
  audioCodec: 'aac',
};

/** Nothing here talks to a network: who tries, fails. */
const silent = new Proxy({} as Http, {
  get: () => () => {
    throw new Error('nobody may be asked here');
  },
});

/**
 * An engine over a store in memory whose platforms keep their texts, prices and limits, and only write down what they
 * are given to publish. `limited`: whether their limits stand.
 */
export async function openPlanWorld(now: number, limited = false): Promise<PlanWorld> {
  const clock = new TestClock(now);
  const store = await openStore({ path: ':memory:', clock });
  const items: SourceItem[] = [];
  const shown: Shown[] = [];
  const platforms = [youtube, instagram, x, facebook, bluesky].map((platform) =>
    recording(platform, { limited, shown, clock, spend: (...spent) => world.spend?.(...spent) }),
  );
  const source: Source = {
    id: 'list',
    poll: async () => [...items].sort((a, b) => b.publishedAt - a.publishedAt),
    stillPublic: async () => 'public',
  };
  const registry = {
    platform: (id: PlatformId) => platforms.find((one) => one.id === id),
    service: (id: PlatformId) => platforms.find((one) => one.id === id),
    source: () => source,
  };
  const settings = {
    retry: { baseMs: 2000, capMs: 3_600_000, attempts: 5, giveUpMs: 7 * 86_400_000 },
    concurrency: 8,
    pollIntervalMs: 120_000,
  };
  const deps: EngineDeps = {
    store,
    clock,
    random: () => 0.5,
    registry,
    connect: () => silent,
    freshen: async () => undefined,
    anonymous: silent,
    // By its length alone, as a plan foresees it where nobody saw the file yet.
    obtain: async (video, _rule, platform) => {
      const { verdict } = foresee(video, undefined, platform.media, { spec: {} });
      if (verdict === 'is refused') throw new Failure('E_MEDIA_UNFIT');
      return file;
    },
    seal: { seal: (text) => text, unseal: (text) => text },
    settings,
    emit: () => undefined,
  };
  const accounts: Account[] = [];
  for (const { id } of platforms) {
    const account = {
      platform: id,
      handle: '@me',
      name: 'Me',
      remoteId: `${id}-1`,
      user: 'me',
      scopes: [],
      settings: {},
    };
    accounts.push(await store.accounts.save(account, now));
  }
  const world: PlanWorld = {
    clock,
    store,
    engine: createEngine(deps),
    accounts,
    source: await store.sources.add(
      { kind: 'list', accountId: null, locator: 'here', name: 'list', user: 'me' },
      now,
    ),
    items,
    shown,
    planDeps: () => ({ store, registry, settings, now: clock.now() }),
  };
  return world;
}

/** A platform that keeps its texts, prices and rules, and publishes into a list. */
function recording(
  platform: Platform,
  {
    limited,
    shown,
    clock,
    spend,
  }: {
    limited: boolean;
    shown: Shown[];
    clock: TestClock;
    spend: (...spent: Parameters<NonNullable<PlanWorld['spend']>>) => Promise<void> | undefined;
  },
): Platform {
  const { publishCall, readLimits: _limits, readSettings: _settings, recent: _recent, ...rest } = platform;
  return {
    ...rest,
    ...(limited ? (publishCall === undefined ? {} : { publishCall }) : { limits: [] }),
    async publish({ run, account, video, text }) {
      const id = await run.commit('publish', {
        act: async () => {
          await spend(account, platform, text);
          shown.push({ account: account.account, remoteId: video.remoteId, text, at: clock.now() });
          return `${account.id}-${video.remoteId}`;
        },
        inDoubt: 'ask',
      });
      return { id, url: `https://example.com/${id}` };
    },
  };
}

/** Works until nothing can come due any more, moving time from one due instant to the next. */
export async function workOff(
  { engine, store, clock, source }: PlanWorld,
  mostTurns = 20_000,
): Promise<void> {
  // Nothing new is looked for meanwhile.
  await store.sources.update(source.id, { paused: true });
  for (let turn = 0; turn < mostTurns; turn += 1) {
    await engine.pump();
    await engine.idle();
    const dueAt = await engine.nextDueAt();
    if (dueAt === null) return;
    clock.advance(Math.max(0, dueAt - clock.now()));
  }
  const open = await store.jobs.list({ states: ['waiting', 'running'], limit: 3 });
  throw new Error(
    `jobs are still open after ${mostTurns} turns: ${JSON.stringify(open.map(({ id, state, reason, runAt, attempt, error }) => [id, state, reason, new Date(runAt), attempt, error]))} at ${new Date(clock.now()).toISOString()}`,
  );
}
