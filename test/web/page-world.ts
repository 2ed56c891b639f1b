import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { codes, type ErrorCode } from '../../src/core/codes.ts';
import { Failure, type WaitReason } from '../../src/core/failure.ts';
import { errorOf } from '../../src/core/job.ts';
import type { PlatformId } from '../../src/core/names.ts';
import type { Store } from '../../src/store/types.ts';
import { exampleItem, exampleJob, exampleRule } from '../store/examples.ts';

/** What a page must show as words and nothing else. */
export const hostile = {
  script: '<script>window.broken = 1</script><img src=x onerror="window.broken = 1">',
  turned: 'Holiday \u202Egpj.exe\u202C "quoted" \u2066x\u2069',
  long: `${'Verylongwordwithoutanyspace'.repeat(12)} 👩‍👩‍👧‍👦 #fyp`,
  address: 'javascript:window.broken=1',
};

const captions = [
  'Sunrise over the harbour ☀️ #morning #sea',
  'How I edit on the train: three tricks that save an hour 🎬',
  hostile.script,
  'Sourdough, day 4. It lives! 🍞 #baking',
  hostile.turned,
  'Waves in slow motion 🌊 filmed on the new phone',
  hostile.long,
  '日本の朝ごはん 🍚 what I eat in a day',
] as const;

const destinations: readonly (readonly [PlatformId, string])[] = [
  ['youtube', '@harbourlight'],
  ['instagram', '@harbour.light'],
  ['x', '@harbourlight'],
  ['bluesky', '@harbourlight.bsky.social'],
  ['mastodon', '@light@social.example'],
];

export interface PageWorld {
  video: number;
  jobs: { published: number; dead: number; unknown: number; approval: number; waiting: number };
  rule: string;
}

/** A home in the middle of its life: posts out, on the way, failed, unknown, to be approved; some of it hostile. */
export async function settlePages(store: Store, now: number, mediaFolder: string): Promise<PageWorld> {
  const person = { user: 'me', scopes: ['upload'], settings: {} };
  const lanes = [];
  for (const [index, [platform, handle]] of destinations.entries())
    lanes.push(
      await store.accounts.save(
        {
          ...person,
          platform,
          handle,
          name: index === 2 ? '<b>Harbour</b> Light' : 'Harbour Light',
          remoteId: `${platform}-1`,
          expiresAt: now + HOUR,
          ...(index === 1 ? { breaksAt: now + 6 * DAY } : index === 3 ? {} : { breaksAt: now + 180 * DAY }),
        },
        now - 90 * DAY,
      ),
    );
  const tiktok = await store.accounts.save(
    { ...person, platform: 'tiktok', handle: '@harbourlight', name: 'Harbour Light', remoteId: 'tt-1' },
    now - 90 * DAY,
  );
  const source = await store.sources.add(
    { kind: 'tiktok', accountId: tiktok.id, locator: null, name: 'tiktok:@harbourlight', user: 'me' },
    now - 90 * DAY,
  );
  await store.sources.polled(source.id, now - MINUTE, now + MINUTE, null);
  const ids = lanes.map(({ id }) => id);
  const rule = await store.rules.add(
    { ...exampleRule(source.id, ids, 'everywhere'), startsAt: now - 60 * DAY, caption: '{caption}' },
    now - 60 * DAY,
  );
  await store.rules.add(
    { ...exampleRule(source.id, ids.slice(0, 2), 'shop news <i>'), approve: true, startsAt: now - 60 * DAY },
    now - 60 * DAY,
  );
  const made = new Map<string, number>();
  const last = { video: 0 };
  for (const [index, caption] of captions.entries()) {
    const publishedAt =
      now - [3 * HOUR, 9 * HOUR, 26 * HOUR, 50 * HOUR, 3 * DAY, 4 * DAY, 5 * DAY, 7 * DAY][index]!;
    const { videos, jobIds } = await store.videos.take(
      source.id,
      [
        {
          item: exampleItem(`74${String(index).padStart(17, '0')}`, {
            caption,
            publishedAt,
            durationSeconds: 12 + index,
            width: 576,
            height: 1024,
            ...(index === 4 ? { url: hostile.address } : {}),
          }),
          jobs: index === 7 ? [] : ids.map((id) => exampleJob(id, rule.id, { runAt: publishedAt })),
          skipped: index === 7 ? [{ rule: rule.name, why: 'it has none of the hashtags <wanted>' }] : [],
        },
      ],
      publishedAt + 40 * SECOND,
    );
    const videoId = videos[0]?.id ?? 0;
    if (index === 0) last.video = videoId;
    await keepFile(store, videoId, mediaFolder, index, now);
    for (const [lane, id] of jobIds.entries()) made.set(`${index}.${lane}`, id);
  }
  const job = (name: string) => made.get(name) ?? 0;
  const claim = async (lane: number, id: number, at: number) => {
    const claimed = await store.jobs.claim(ids[lane] ?? 0, at);
    if (claimed?.id !== id) throw new Error(`the lane gave job ${claimed?.id}, not ${id}`);
  };
  // Oldest first: so a lane gives them.
  for (const index of [6, 5, 4, 3, 2, 1, 0])
    for (let lane = 0; lane < ids.length; lane += 1) {
      const name = `${index}.${lane}`;
      const id = job(name);
      const row = await store.jobs.get(id);
      const seenAt = row?.createdAt ?? now;
      const begunAt = seenAt + (5 + lane * 7) * SECOND;
      const endedAt = begunAt + (9 + lane * 4) * SECOND;
      const attempt = { startedAt: begunAt, endedAt, exchange: null };
      const fate = fates[name];
      if (fate === undefined) {
        await claim(lane, id, begunAt);
        await steps(store, id, begunAt, lane);
        await store.jobs.publish(
          id,
          {
            id: `post-${id}`,
            url: name === '4.0' ? hostile.address : `https://video.example/${lane}/${id}`,
            publishedAt: endedAt,
            lagMs: endedAt - (row?.video.publishedAt ?? 0),
            warnings: [],
          },
          { ...attempt, outcome: 'published', error: null },
          endedAt,
        );
        continue;
      }
      await claim(lane, id, begunAt);
      const [state, code, more] = fate;
      if (state === 'unknown') {
        await steps(store, id, begunAt, lane, false);
        await store.journal.intend(id, 'publish', begunAt + 4 * SECOND);
      } else await store.journal.done(id, 'get the file', 'step', '1', begunAt + 2 * SECOND);
      const error =
        code === null ? null : errorOf(new Failure(code, { message: more.message ?? codes[code].title }));
      const waiting = state === 'waiting';
      await store.jobs.settle(
        id,
        {
          state,
          reason: waiting ? (more.reason ?? 'ready') : null,
          runAt: waiting ? now + (more.inMs ?? HOUR) : endedAt,
          attempt: waiting ? 1 : 3,
          giveUpAt: null,
          error,
        },
        { ...attempt, outcome: state, error },
        endedAt,
      );
    }
  await store.numbers.enrol(ids, { since: 0, until: now }, 0);
  for (const { id: jobId, account } of await store.jobs.list({ states: ['published'], limit: 100 })) {
    const reach = { likes: 40 + 7 * jobId, shares: jobId % 3 };
    const views = account.platform === 'youtube' ? { views: 1_234 * jobId } : {};
    if (account.platform !== 'x')
      await store.numbers.keep([{ jobId, told: { ...reach, ...views }, nextAt: null }], now - HOUR);
  }
  await store.limits.take(
    [spend('youtube', 'uploads', 83), spend('youtube', 'units', 8_400)],
    null,
    now - HOUR,
  );
  const instagram = ids[1] ?? 0;
  await store.limits.learn(
    `account:${instagram}`,
    { bucket: 'posts', used: 50, max: 50, resetsAt: now + 3 * HOUR },
    now,
  );
  await store.accounts.update(ids[3] ?? 0, { status: 'login-needed' }, now);
  return {
    video: last.video,
    rule: rule.name,
    jobs: {
      published: job('1.0'),
      dead: job('2.2'),
      unknown: job('1.1'),
      approval: job('0.0'),
      waiting: job('0.2'),
    },
  };
}

type Fate = readonly [
  'waiting' | 'dead' | 'unknown',
  ErrorCode | null,
  { message?: string; reason?: WaitReason; inMs?: number },
];

const fates: Readonly<Record<string, Fate>> = {
  '0.0': ['waiting', null, { reason: 'approval', inMs: 0 }],
  '0.1': ['waiting', 'E_QUOTA', { reason: 'quota', inMs: 3 * HOUR }],
  '0.2': ['waiting', null, { reason: 'window', inMs: 26 * HOUR }],
  '0.3': ['waiting', 'E_LOGIN_NEEDED', { reason: 'login', inMs: 0 }],
  '1.1': ['unknown', 'E_UNKNOWN_OUTCOME', {}],
  '2.2': ['dead', 'E_REFUSED', { message: `The platform refused it: ${hostile.script}` }],
  '3.4': ['dead', 'E_PLATFORM_DOWN', { message: 'social.example answered 503 five times.' }],
  '0.4': ['waiting', 'E_PLATFORM_DOWN', { reason: 'backoff', inMs: 4 * MINUTE }],
};

async function steps(store: Store, id: number, from: number, lane: number, out = true): Promise<void> {
  const names =
    lane === 1
      ? ['get the file', 'make it public', 'create the container', 'wait for it']
      : ['get the file', 'upload'];
  for (const [index, name] of names.entries())
    await store.journal.done(id, name, 'step', '1', from + (index + 1) * 1700);
  if (out) {
    await store.journal.intend(id, 'publish', from + 6000);
    await store.journal.done(id, 'publish', 'commit', '1', from + 8200);
  }
}

/** Every second video has its file in the cache, so that it has a picture. */
async function keepFile(
  store: Store,
  videoId: number,
  folder: string,
  index: number,
  now: number,
): Promise<void> {
  if (index % 4 === 3) return;
  const file = index % 2 === 0 ? 'sunrise.mp4' : 'long-walk.mp4';
  const path = fileURLToPath(new URL(`../../src/sandbox/videos/${file}`, import.meta.url));
  const sha256 = String(index % 2).repeat(64);
  mkdirSync(folder, { recursive: true });
  copyFileSync(path, join(folder, sha256));
  const facts = {
    container: 'mp4',
    videoCodec: 'h264',
    durationMs: 12_000,
    bytes: 1000,
    width: 576,
    height: 1024,
  } as const;
  await store.media.save({
    ...facts,
    sha256,
    path: sha256,
    mimeType: 'video/mp4',
    origin: 'folder',
    lastUsedAt: now,
  });
  await store.videos.setMedia(videoId, sha256);
}

function spend(platform: PlatformId, bucket: string, amount: number) {
  return {
    scopeKey: `app:${platform}`,
    limit: {
      bucket,
      title: bucket,
      scope: 'app',
      max: 1_000_000,
      window: { kind: 'day', timeZone: 'America/Los_Angeles' },
      source: '',
    } as const,
    amount,
  };
}
