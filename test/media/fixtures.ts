import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { HOUR, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Video } from '../../src/core/video.ts';
import type { FindContext } from '../../src/media/source.ts';

/** A fresh folder that is gone after the file's tests. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'repost-media-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const PUBLISHED_AT = Date.UTC(2026, 10, 21, 9);
export const VIDEO_ID = '7575000000000000123';

export function aVideo(change: Partial<Video> = {}): Video {
  const remoteId = change.remoteId ?? VIDEO_ID;
  return {
    id: 1,
    sourceId: 1,
    remoteId,
    url: `https://www.tiktok.com/@test.creator/video/${remoteId}`,
    caption: 'Morning ride #bike',
    publishedAt: PUBLISHED_AT,
    seenAt: PUBLISHED_AT + 60_000,
    kind: 'video',
    durationSeconds: 12,
    width: 576,
    height: 1024,
    facts: {},
    state: 'public',
    ...change,
  };
}

/** The Failure that a promise ends in, or that it gives. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const outcome = await work.catch((error: unknown) => error);
  if (outcome instanceof Failure) return outcome;
  throw new Error('no Failure came', { cause: outcome });
}

/** What a source may use, with nothing behind it: each test puts in what it needs. */
export function findContext(change: Partial<FindContext> = {}): FindContext {
  return {
    tools: { clock: new TestClock(PUBLISHED_AT + HOUR) },
    workspace: '/nonexistent',
    consented: false,
    mapUrl: (url) => url,
    download: async () => {
      throw new Failure('E_NETWORK', { message: 'this test has no network' });
    },
    ...change,
  };
}
