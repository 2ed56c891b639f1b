import { describe, expect, it } from 'vitest';
import type { OpenStore } from './contract.ts';
import {
  addAccount,
  addSource,
  codeOf,
  exampleItem,
  exampleJob,
  exampleRule,
  openLane,
  T0,
} from './examples.ts';

export function describeVideos(open: OpenStore): void {
  describe('videos', () => {
    it('stores what is new with its jobs, once', async () => {
      const store = await open();
      const { account, source, rule } = await openLane(store);
      const item = exampleItem('7575000000000000123', {
        durationSeconds: 61,
        width: 1080,
        height: 1920,
        aiGenerated: false,
        coverUrl: 'https://cdn.example/c.jpg',
        facts: { pinned: true },
      });
      const jobs = [exampleJob(account.id, rule.id)];
      const taken = [{ item, jobs, skipped: [{ rule: 'other', why: 'it is too long' }] }];
      const first = await store.videos.take(source.id, taken, T0);
      const [video] = first.videos;
      expect(video).toEqual({ ...item, id: video?.id, sourceId: source.id, seenAt: T0, state: 'public' });
      expect(first.jobIds).toHaveLength(1);
      expect(await store.videos.take(source.id, taken, T0 + 1)).toEqual({ videos: [], jobIds: [] });
      expect(await store.videos.get(video?.id ?? 0)).toEqual({
        ...video,
        source: source.name,
        skipped: [{ rule: 'other', why: 'it is too long' }],
        jobs: 1,
        numbers: null,
      });
    });

    it('makes no job for an item that is stored already, unless asked by its id', async () => {
      const store = await open();
      const { account, source, rule } = await openLane(store);
      const item = exampleItem('1');
      const { videos } = await store.videos.take(source.id, [{ item, jobs: [], skipped: [] }], T0);
      const id = videos[0]?.id ?? 0;
      const jobs = [exampleJob(account.id, rule.id)];
      expect((await store.videos.take(source.id, [{ item, jobs, skipped: [] }], T0)).jobIds).toEqual([]);
      expect(await store.videos.addJobs(id, jobs, T0)).toHaveLength(1);
      expect(await store.videos.addJobs(id, jobs, T0)).toEqual([]);
      expect(await codeOf(store.videos.addJobs(99, jobs, T0))).toBe('E_NOT_FOUND');
    });

    it('makes one job for a video and an account, whichever rules want it', async () => {
      const store = await open();
      const { account, source, rule } = await openLane(store);
      const other = await store.rules.add(exampleRule(source.id, [account.id], 'other'), T0);
      const jobs = [exampleJob(account.id, rule.id), exampleJob(account.id, other.id)];
      const taken = [{ item: exampleItem('1'), jobs, skipped: [] }];
      const { jobIds } = await store.videos.take(source.id, taken, T0);
      expect(jobIds).toHaveLength(1);
      expect((await store.jobs.get(jobIds[0] ?? 0))?.ruleId).toBe(rule.id);
    });

    it('stores all of a poll or nothing of it', async () => {
      const store = await open();
      const { source, rule } = await openLane(store);
      const taken = [
        { item: exampleItem('1'), jobs: [], skipped: [] },
        { item: exampleItem('2'), jobs: [exampleJob(99, rule.id)], skipped: [] },
      ];
      expect(await codeOf(store.videos.take(source.id, taken, T0))).toBe('E_INTERNAL');
      expect(await store.videos.known(source.id, [])).toEqual(new Set());
    });

    it('shows a job whose account was signed out meanwhile instead of dropping it', async () => {
      const store = await open();
      const { account, source, rule } = await openLane(store);
      await store.accounts.remove(account.id, T0);
      const taken = [{ item: exampleItem('1'), jobs: [exampleJob(account.id, rule.id)], skipped: [] }];
      const { jobIds } = await store.videos.take(source.id, taken, T0);
      const job = await store.jobs.get(jobIds[0] ?? 0);
      expect([job?.state, job?.error?.code]).toEqual(['cancelled', 'E_UNKNOWN_ACCOUNT']);
    });

    it('knows which remote ids of a source are stored', async () => {
      const store = await open();
      const source = await addSource(store);
      const other = await addSource(store, 'tiktok:@other');
      const items = ['1', '2', '9007199254740993'].map((remoteId) => exampleItem(remoteId));
      const taken = items.map((item) => ({ item, jobs: [], skipped: [] }));
      await store.videos.take(source.id, taken, T0);
      expect(await store.videos.known(source.id, ['2', '9007199254740992', '3'])).toEqual(new Set(['2']));
      expect(await store.videos.known(source.id, [])).toEqual(new Set(['1', '2', '9007199254740993']));
      expect(await store.videos.known(other.id, ['1'])).toEqual(new Set());
    });

    it('lists the newest first, page by page', async () => {
      const store = await open();
      const source = await addSource(store);
      const at = [5, 1, 3, 3, 4];
      const items = at.map((n, index) => exampleItem(`v${index}`, { publishedAt: T0 + n }));
      const taken = items.map((item) => ({ item, jobs: [], skipped: [] }));
      await store.videos.take(source.id, taken, T0);
      const ids: string[] = [];
      for (let before: number | undefined; ; ) {
        const page = await store.videos.list({
          sourceId: source.id,
          limit: 2,
          ...(before ? { before } : {}),
        });
        ids.push(...page.map((video) => video.remoteId));
        before = page.at(-1)?.id;
        if (before === undefined) break;
      }
      expect(ids).toEqual(['v0', 'v4', 'v3', 'v2', 'v1']);
      expect((await store.videos.list({ since: T0 + 4 })).map((video) => video.remoteId)).toEqual([
        'v0',
        'v4',
      ]);
      expect(await store.videos.list({ sourceId: 99 })).toEqual([]);
    });

    it('keeps state, caption and file of a video', async () => {
      const store = await open();
      const source = await addSource(store);
      const taken = [{ item: exampleItem('1'), jobs: [], skipped: [] }];
      const { videos } = await store.videos.take(source.id, taken, T0);
      const id = videos[0]?.id ?? 0;
      expect(await store.videos.media(id)).toBeUndefined();
      await store.videos.setState(id, 'gone');
      await store.videos.setCaption(id, 'the whole caption');
      await store.videos.setMedia(id, 'abc');
      expect(await store.videos.get(id)).toMatchObject({ state: 'gone', caption: 'the whole caption' });
      expect(await store.videos.media(id)).toBe('abc');
      expect(await codeOf(store.videos.setState(99, 'gone'))).toBe('E_NOT_FOUND');
    });

    it('gives an imported video the name and the facts that its source shows, and keeps the longer caption', async () => {
      const store = await open();
      const { account, source, rule } = await openLane(store);
      const imported = exampleItem('export-1', {
        url: '',
        caption: 'the whole caption',
        facts: { imported: true },
      });
      const jobs = [exampleJob(account.id, rule.id)];
      const { videos } = await store.videos.take(source.id, [{ item: imported, jobs, skipped: [] }], T0);
      const id = videos[0]?.id ?? 0;
      const shown = exampleItem('757', { caption: 'the whole', durationSeconds: 12, facts: {} });
      await store.videos.recognise(id, shown);
      expect(await store.videos.get(id)).toMatchObject({
        ...shown,
        caption: 'the whole caption',
        seenAt: T0,
        jobs: 1,
      });
      const again = await store.videos.take(source.id, [{ item: shown, jobs, skipped: [] }], T0);
      expect(again).toEqual({ videos: [], jobIds: [] });
      expect(await codeOf(store.videos.recognise(id, shown))).toBe('E_EXISTS');
      expect(await codeOf(store.videos.recognise(99, shown))).toBe('E_NOT_FOUND');
    });
  });

  describe('media', () => {
    const file = {
      sha256: 'abc',
      path: 'ab/abc.mp4',
      mimeType: 'video/mp4',
      origin: 'folder',
      lastUsedAt: T0,
      container: 'mp4' as const,
      bytes: 31_000_000,
      durationMs: 60_000,
      width: 1080,
      height: 1920,
      videoCodec: 'h264',
      fastStart: true,
    };

    it('keeps facts and order of use', async () => {
      const store = await open();
      await store.media.save(file);
      await store.media.save({ ...file, sha256: 'def', lastUsedAt: T0 + 1 });
      expect(await store.media.get('abc')).toEqual(file);
      await store.media.touch('abc', T0 + 2);
      expect((await store.media.list()).map((row) => row.sha256)).toEqual(['def', 'abc']);
      await store.media.remove('def');
      expect(await store.media.get('def')).toBeUndefined();
    });

    it('is in use as long as a job may still send it', async () => {
      const store = await open();
      const account = await addAccount(store, '@creator');
      const { source, rule } = await openLane(store, '@other');
      const taken = [{ item: exampleItem('1'), jobs: [exampleJob(account.id, rule.id)], skipped: [] }];
      const { videos, jobIds } = await store.videos.take(source.id, taken, T0);
      await store.media.save(file);
      expect(await store.media.inUse('abc')).toBe(false);
      await store.videos.setMedia(videos[0]?.id ?? 0, 'abc');
      expect(await store.media.inUse('abc')).toBe(true);
      await store.jobs.cancel(jobIds[0] ?? 0, null, T0);
      expect(await store.media.inUse('abc')).toBe(false);
      await store.media.remove('abc');
      expect(await store.videos.media(videos[0]?.id ?? 0)).toBeUndefined();
    });
  });
}
