import { createProgram, type Program } from '../../src/cli/child.ts';
import { approve } from '../../src/sandbox/person.ts';
import type { SimPost } from '../../src/sandbox/types.ts';
import { faketimeLibrary } from '../faketime.ts';
import { type CliHome, type CliHomeOptions, openCliHome, startLogin } from './home.ts';
import { type Ended, runRepost } from './run.ts';

/** A job as `--json` shows it, as far as these tests look. */
export interface ShownJob {
  id: number;
  state: string;
  reason: string | null;
  runAt: string;
  attempt: number;
  video: { caption: string };
  destination: { platform: string; account: string };
  error: { code: string; class: string; message: string; hint: string; command: string | null } | null;
  post: { id: string; url: string } | null;
}

export interface Synced extends Ended {
  summary: { published: number; dead: number; unknown: number; waiting: number; pollErrors: number };
}

/** A home with accounts and a rule from TikTok to all of them, whose clocks can be moved ahead together. */
export interface FaultStage extends CliHome {
  /** The environment of a process whose clock is ahead by what was skipped. */
  movedEnv(moreMs?: number): NodeJS.ProcessEnv;
  /** Moves the platforms' clock and that of later processes. */
  skip(ms: number): void;
  run(...args: string[]): Promise<Ended>;
  sync(moreMs?: number): Promise<Synced>;
  jobs(caption?: string): Promise<ShownJob[]>;
  /** What the platform shows with this caption. */
  shown(platform: string, caption: string): SimPost[];
}

/** Nobody needs to wait for a platform's machinery here. */
const fast: Readonly<Record<string, object>> = {
  youtube: { processingMs: 0 },
  instagram: { processingMs: 0 },
  bluesky: { processingMs: 0 },
  mastodon: { processingSeconds: 0 },
  x: { processingSeconds: 0 },
};

const words: Readonly<Record<string, readonly string[]>> = {
  bluesky: ['--account', 'creator.bsky.social'],
  mastodon: ['--server', 'mastodon.social'],
};

export async function openStage(
  platforms: readonly string[],
  options: CliHomeOptions & { faketime?: boolean } = {},
): Promise<FaultStage> {
  const home = await openCliHome(options);
  const library = options.faketime === false ? undefined : faketimeLibrary();
  let aheadMs = 0;
  for (const platform of platforms) {
    const quirks = fast[platform];
    if (quirks) await home.sandbox.control(platform, 'quirks', quirks);
  }
  await signInBy(home.repost, 'tiktok');
  const accounts: string[] = [];
  for (const platform of platforms) accounts.push(await signInBy(home.repost, platform));
  await home.repost.run(['config', 'set', 'retry.base', '10ms']);
  await home.repost.run(['config', 'set', 'http.timeout', '3s']);
  const to = accounts.flatMap((account) => ['--to', account]);
  const from = ['--from', 'tiktok:@creator', '--media', `folder:${home.originals}`];
  await home.repost.run(['rule', 'add', '--name', 'everywhere', ...from, ...to]);
  await home.repost.run(['sync']);

  const stage: FaultStage = {
    ...home,
    movedEnv: (moreMs = 0) => ({
      ...home.env,
      ...(library === undefined ? {} : { LD_PRELOAD: library }),
      FAKETIME: `${aheadMs + moreMs < 0 ? '' : '+'}${(aheadMs + moreMs) / 1000}s`,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }),
    skip(ms) {
      aheadMs += ms;
      home.clock.advance(ms);
    },
    async signIn(platform) {
      await signInBy(createProgram(stage.movedEnv()), platform);
    },
    run: (...args) => runRepost(stage.movedEnv(), args),
    async sync(moreMs) {
      const ended = await runRepost(stage.movedEnv(moreMs), ['sync', '--json']);
      if (!ended.stdout) throw new Error(`sync ended with ${ended.code}: ${ended.stderr}`);
      return { ...ended, summary: JSON.parse(ended.stdout) as Synced['summary'] };
    },
    async jobs(caption = '') {
      const { stdout } = await runRepost(stage.movedEnv(), ['jobs', 'list', '--limit', '1000', '--json']);
      return (JSON.parse(stdout) as ShownJob[]).filter((job) => job.video.caption.includes(caption));
    },
    shown: (platform, caption) =>
      home.sandbox
        .posts()
        .filter((post) => post.platform === platform && `${post.title ?? ''} ${post.text}`.includes(caption)),
  };
  return stage;
}

/** Keys where the platform has any, and the sign-in, as a person would. Gives the account. */
async function signInBy(repost: Program, platform: string): Promise<string> {
  const more = words[platform];
  if (!more) {
    const keys = ['--client-id', `sandbox-${platform}-id`, '--client-secret-stdin'];
    await repost.run(['app', 'add', platform, ...keys], `sandbox-${platform}-secret\n`);
  }
  const { login, authorizeUrl } = await startLogin(repost, platform, more);
  await approve(authorizeUrl, more ? {} : { account: '@creator' });
  const { account } = JSON.parse(await login.nextLine()) as { account: string };
  await login.succeeded();
  return account;
}
