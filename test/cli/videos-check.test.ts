import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench, video } from './bench.ts';

interface Report {
  checks: {
    platform: string;
    account: string | null;
    verdict: string;
    problems: { message: string }[];
    source: string;
  }[];
}

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await bench.sandbox.control('mastodon', 'quirks', { server: 'mastodon.example', videoBytes: 50_000 });
});
afterAll(() => bench?.close());

const check = (...more: string[]) =>
  bench.terminal.run(['videos', 'check', video('waves.mp4'), ...more, '--json']);

describe('videos check', () => {
  it('before any sign-in shows every platform', async () => {
    const { out } = await check();
    const { checks } = JSON.parse(out) as Report;
    expect(checks).toHaveLength(11);
    const verdicts = Object.fromEntries(checks.map(({ platform, verdict }) => [platform, verdict]));
    expect(verdicts).toMatchObject({ youtube: 'fits', x: 'needs transcode', bluesky: 'needs transcode' });
    for (const { source } of checks) expect(source).toMatch(/^https:\/\//u);
  });

  it('holds a signed-in account to its own server’s limits', async () => {
    await bench.login(['mastodon', '--server', 'mastodon.example']);
    const { checks } = JSON.parse((await check()).out) as Report;
    expect(checks).toMatchObject([
      { platform: 'mastodon', account: 'mastodon:@creator@mastodon.example', verdict: 'refused' },
    ]);
    expect(checks[0]?.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('at most 50 kB'),
    ]);
    expect((JSON.parse((await check('--all')).out) as Report).checks).toHaveLength(11);
  });
});
