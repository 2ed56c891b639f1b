import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import { zoneAt } from '../../src/core/rule.ts';
import type { SourceItem } from '../../src/core/video.ts';
import { sayWallTime } from '../../src/core/wall-clock.ts';
import type { Plan } from '../../src/engine/plan.ts';
import type { PlannedPost } from '../../src/engine/plan-posts.ts';
import { testRule } from '../../src/engine/rule-test.ts';
import { registry } from '../../src/platforms/index.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { openTerminal, type Terminal } from '../cli/terminal.ts';

const here = import.meta.dirname;
/** Made anew by: npx vitest run test/golden -u. What changed is then read line by line. */
const EXPECTED = join(here, 'plan.txt');

interface Recorded {
  at: string;
  seconds?: number;
  size?: string;
  photo?: true;
  ai?: true;
  pinned?: true;
  language?: string;
  caption: string;
}

const recorded = parse(readFileSync(join(here, 'account.yaml'), 'utf8')) as Recorded[];
const videos = recorded.map((video, index): SourceItem => {
  const [width, height] = (video.size ?? '').split('x').map(Number);
  const remoteId = String(7_500_000_000_000_000_000n + BigInt(index + 1));
  return {
    remoteId,
    url: `https://www.tiktok.com/@creator/video/${remoteId}`,
    caption: video.caption,
    publishedAt: Date.parse(`${video.at.replace(' ', 'T')}:00Z`),
    kind: video.photo ? 'photo' : 'video',
    ...(video.seconds === undefined ? {} : { durationSeconds: video.seconds }),
    ...(width && height ? { width, height } : {}),
    ...(video.ai ? { aiGenerated: true } : {}),
    facts: {
      ...(video.pinned ? { pinned: true } : {}),
      ...(video.language === undefined ? {} : { language: video.language }),
    },
  };
});

const destinations = [
  ['youtube', '@creator'],
  ['instagram', '@creator'],
  ['x', '@creator'],
  ['facebook', '@creator'],
  ['threads', '@creator'],
  ['bluesky', '@creator.bsky.social'],
  ['mastodon', '@creator@mastodon.example'],
  ['linkedin', '@creator'],
  ['pinterest', '@creator'],
  ['telegram', '@creator_channel'],
] as const;

describe('thirty rules over sixty videos', () => {
  let dir: string;
  let terminal: Terminal;
  let store: Store;
  const start = (videos[0]?.publishedAt ?? 0) - MINUTE;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'repost-golden-'));
    terminal = openTerminal({
      env: { PATH: process.env['PATH'], HOME: dir, REPOST_HOME: dir, REPOST_NO_INPUT: '1' },
    });
    const { data } = await terminal.json<{ data: string }>(['paths']);
    await terminal.json(['rule', 'list']);
    store = await openStore({ path: join(data, 'repost.db'), clock: new TestClock(start) });
    const person = { name: 'Creator', user: 'me', scopes: [], settings: {} };
    const owner = { ...person, platform: 'tiktok', handle: '@creator', remoteId: 'creator' } as const;
    const { id, account } = await store.accounts.save(owner, start);
    for (const [platform, handle] of destinations)
      await store.accounts.save({ ...person, platform, handle, remoteId: `${platform}-1` }, start);
    const place = { kind: 'tiktok', accountId: id, locator: null, name: account, user: 'me' };
    const source = await store.sources.add(place, start);
    await store.videos.take(
      source.id,
      videos.map((item) => ({ item, jobs: [], skipped: [] })),
      start,
    );
    const x = (await store.accounts.list()).find(({ platform }) => platform === 'x');
    // Three dollars a month.
    await store.limits.setMax(`account:${x?.id}`, 'money', 300_000);
  });
  afterAll(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('are understood as they stand in the file', async () => {
    const changes = await terminal.json<{ change: string }[]>(['rule', 'apply', join(here, 'rules.yaml')]);
    expect(changes.map(({ change }) => change)).toEqual(Array.from({ length: 30 }, () => 'create'));
    expect(videos).toHaveLength(60);
  });

  it('do what the plan in plan.txt says', async () => {
    const retry = { baseMs: 2 * SECOND, capMs: MINUTE, attempts: 5, giveUpMs: MINUTE };
    const settings = { retry, pollIntervalMs: 2 * MINUTE };
    const parts: string[] = [];
    for (const rule of await store.rules.list()) {
      const plan = await testRule({ store, registry, settings, now: start }, rule, 60);
      parts.push([`## ${rule.name}`, ...linesOf(plan)].join('\n'));
    }
    await expect(`${head}\n${parts.join('\n\n')}\n`).toMatchFileSnapshot(EXPECTED);
  });
});

const head = `What the rules of rules.yaml do with the videos of account.yaml (#1 to #60), as “repost rule test” tells it. A post: when on
the clock of the rule’s zone and in UTC, where, its text with its length as the platform counts it, what is to be known.
Made anew by: npx vitest run test/golden -u
`;

const numberOf = ({ remoteId }: { remoteId: string }) => Number(BigInt(remoteId) % 1000n);

function linesOf(plan: Plan): string[] {
  const reasons = new Map<string, number[]>();
  for (const { why, video } of plan.skipped) reasons.set(why, [...(reasons.get(why) ?? []), numberOf(video)]);
  const usd =
    plan.posts.reduce((sum, { millicents, stopped }) => sum + (stopped ? 0 : millicents), 0) / 100_000;
  return [
    ...plan.posts.map((post) => postLine(post)),
    ...(usd > 0 ? [`money: $${usd.toFixed(3)} at X`] : []),
    ...[...reasons]
      .sort((a, b) => Math.min(...a[1]) - Math.min(...b[1]))
      .map(([why, numbers]) => `not ${ranges(numbers)}: ${why}`),
  ];
}

function postLine(post: PlannedPost): string {
  const { rule, video, account, text, runAt, expectedAt, reason, stopped, heldBy, media, warnings } = post;
  const zone = rule ? zoneAt(rule, account.id) : 'UTC';
  const at = expectedAt ?? runAt;
  const when = `${sayWallTime(zone, at)}${zone === 'UTC' ? '' : ` = ${new Date(at).toISOString().slice(5, 16).replace('T', ' ')}Z`}`;
  const shown = JSON.stringify([...(text?.title ? [text.title] : []), text?.body ?? ''].join(' | '));
  const words = [...shown].length > 90 ? `${[...shown].slice(0, 88).join('')}…"` : shown;
  const notes = [
    ...(stopped === undefined ? [] : [`NOT: ${stopped}`]),
    ...(['approval', 'paused'].includes(reason) ? [`waits (${reason})`] : []),
    ...(heldBy === undefined ? [] : [`held by ${heldBy}`]),
    ...(stopped === undefined && media.problems.length > 0
      ? [`${media.verdict}: ${media.problems.join('; ')}`]
      : []),
    ...warnings.map((key) => `warning ${key}`),
  ];
  const count = text ? ` [${text.count.used}/${text.count.max}]` : '';
  return `#${numberOf(video)} ${when} ${account.platform} ${words}${count}${notes.length > 0 ? `  – ${notes.join(', ')}` : ''}`;
}

/** 1, 2, 3, 7 as `#1–3, 7`. */
function ranges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (sorted[to + 1] === (sorted[to] ?? 0) + 1) to += 1;
    parts.push(from === to ? `${sorted[from]}` : `${sorted[from]}–${sorted[to]}`);
    from = to + 1;
  }
  return `#${parts.join(', ')}`;
}
