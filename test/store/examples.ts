import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Account } from '../../src/core/account.ts';
import type { WaitReason } from '../../src/core/failure.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Verdict } from '../../src/core/job.ts';
import type { PlatformId } from '../../src/core/names.ts';
import type { SourceItem } from '../../src/core/video.ts';
import type { AttemptRow, NewJob, NewRule, PostRow, SourceRow, Store } from '../../src/store/types.ts';

/** The instant at which most tests begin. */
export const T0 = Date.UTC(2026, 10, 22, 12);

/** An empty folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'repost-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function addAccount(store: Store, handle: string, platform: PlatformId = 'youtube'): Promise<Account> {
  return store.accounts.save(
    {
      platform,
      handle,
      name: handle.slice(1),
      remoteId: `UC-${platform}-${handle}`,
      user: 'me',
      scopes: ['upload'],
      settings: {},
    },
    T0,
  );
}

export function addSource(store: Store, name = 'tiktok:@creator'): Promise<SourceRow> {
  return store.sources.add({ kind: 'tiktok', accountId: null, locator: name, name, user: 'me' }, T0);
}

export function exampleRule(sourceId: number, accountIds: readonly number[], name = 'everywhere'): NewRule {
  return {
    name,
    user: 'me',
    sourceId,
    destinations: accountIds.map((accountId) => ({ accountId, options: { privacy: 'public' } })),
    media: [{ kind: 'folder', path: '/originals' }],
    delayMs: 0,
    approve: false,
    catchUp: { kind: 'all' },
    paused: false,
    startsAt: T0,
    spec: {},
  };
}

export function exampleItem(remoteId: string, change: Partial<SourceItem> = {}): SourceItem {
  return {
    remoteId,
    url: `https://www.tiktok.com/@creator/video/${remoteId}`,
    caption: `Video ${remoteId} 🎬`,
    publishedAt: T0 - 60_000,
    kind: 'video',
    facts: {},
    ...change,
  };
}

export function exampleJob(accountId: number, ruleId: number, change: Partial<NewJob> = {}): NewJob {
  const reason: WaitReason = 'ready';
  return { accountId, ruleId, user: 'me', state: 'waiting', reason, runAt: T0, maxAttempts: 5, ...change };
}

/** An account, a source, a rule, and what makes videos with one job each. */
export async function openLane(store: Store, handle = '@creator') {
  const account = await addAccount(store, handle);
  const source = (await store.sources.list())[0] ?? (await addSource(store));
  const rule = await store.rules.add(exampleRule(source.id, [account.id], `to ${handle}`), T0);
  let made = 0;
  return {
    account,
    source,
    rule,
    async addJob(change: Partial<NewJob> = {}): Promise<number> {
      made += 1;
      const item = exampleItem(`${account.id}${String(made).padStart(18, '0')}`);
      const jobs = [exampleJob(account.id, rule.id, change)];
      const { jobIds } = await store.videos.take(source.id, [{ item, jobs, skipped: [] }], T0);
      const [id] = jobIds;
      if (id === undefined) throw new Error('the example made no job');
      return id;
    },
  };
}

export function exampleAttempt(outcome: string): Omit<AttemptRow, 'id' | 'jobId'> {
  return { startedAt: T0, endedAt: T0 + 1500, outcome, error: null, exchange: null };
}

export function examplePost(id: string): Omit<PostRow, 'jobId'> {
  return { id, url: `https://youtu.be/${id}`, publishedAt: T0 + 2000, lagMs: 62_000, warnings: [] };
}

export function exampleVerdict(state: Verdict['state'], change: Partial<Verdict> = {}): Verdict {
  const reason = state === 'waiting' ? 'backoff' : null;
  return { state, reason, runAt: T0 + 5000, attempt: 1, giveUpAt: null, error: null, ...change };
}

/** The code of the Failure that a promise ends with, or what it gave where it did not fail. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}
