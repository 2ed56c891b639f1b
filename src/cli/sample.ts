import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { openStore } from '../store/sqlite.ts';
import { filesIn, pathsOf } from './paths.ts';

/** Fills an empty home with a few jobs that wait, so that the build can run commands that show some. */
export async function fillSample(env: NodeJS.ProcessEnv): Promise<void> {
  const path = filesIn(pathsOf(env)).database;
  mkdirSync(dirname(path), { recursive: true });
  const store = await openStore({ path, clock: systemClock });
  const now = systemClock.now();
  const user = 'me';
  const signIn = { platform: 'youtube', handle: '@sample', name: 'sample', remoteId: 'sample' } as const;
  const account = await store.accounts.save({ ...signIn, user, scopes: [], settings: {} }, now);
  const name = 'tiktok:@sample';
  const source = await store.sources.add({ kind: 'tiktok', accountId: null, locator: name, name, user }, now);
  const rule = await store.rules.add(
    {
      name: 'sample',
      user,
      sourceId: source.id,
      destinations: [{ accountId: account.id, options: {} }],
      media: [],
      delayMs: 0,
      approve: false,
      catchUp: { kind: 'all' },
      paused: false,
      startsAt: now,
      spec: {},
    },
    now,
  );
  const job = { accountId: account.id, ruleId: rule.id, user, runAt: now, maxAttempts: 5 } as const;
  const waiting = { ...job, state: 'waiting', reason: 'ready' } as const;
  const taken = ['1', '2', '3'].map((remoteId) => ({
    item: {
      remoteId,
      url: `https://www.tiktok.com/@sample/video/${remoteId}`,
      caption: `Video ${remoteId}`,
      publishedAt: now,
      kind: 'video' as const,
      facts: {},
    },
    jobs: [waiting],
    skipped: [],
  }));
  await store.videos.take(source.id, taken, now);
  await store.close();
}
