import type { PlatformId } from '../../core/names.ts';
import { registry } from '../../platforms/index.ts';
import { sandboxBotToken } from '../../sandbox/telegram.ts';

/** One account that the demo signs in to and publishes to. */
export interface Destination {
  platform: PlatformId;
  /** What its person registers first: nothing, or a developer app. */
  app: boolean;
  /** Further words of `repost login`. */
  login: readonly string[];
  /** Who approves on the platform's page; default whom the page has chosen. */
  approveAs?: string;
  /** A token in place of the browser. */
  token?: string;
  /** Commands before the sign-in, each with what it reads from standard input. */
  before?: readonly { command: readonly string[]; input: string }[];
}

/** Threads fetches videos from a public address: a bucket of one's own, simulated too. */
const bucket = {
  command: [
    'host',
    'set',
    's3',
    '--endpoint',
    'https://s3.sandbox.example',
    '--bucket',
    'repost-videos',
    '--access-key-id',
    'SANDBOXACCESSKEY0001',
    '--secret-key-stdin',
  ],
  input: 'sandbox/secret+access/key/0000000000000001\n',
} as const;

const creator = ['--account', '@creator'] as const;

/** What is peculiar about signing in to a simulated platform; the others want their app and nothing else. */
const peculiar: Readonly<Partial<Record<PlatformId, Partial<Destination>>>> = {
  youtube: { login: creator, approveAs: '@creator' },
  instagram: { login: creator, approveAs: '@creator' },
  x: { login: creator, approveAs: '@creator' },
  threads: { before: [bucket] },
  bluesky: { login: ['--account', 'creator.bsky.social'] },
  mastodon: { login: ['--server', 'mastodon.social'] },
  telegram: { login: creator, token: sandboxBotToken },
  // Its app is there already: the source's.
  tiktok: { app: false, login: ['--for-posting', '--account', '@second'], approveAs: '@second' },
};

/** Every destination there is; the account that is also the source's platform comes last. */
export const destinations: readonly Destination[] = registry.platforms
  .map(({ id, signIn }): Destination => {
    const app = signIn.kind === 'oauth' && signIn.ownApp !== false;
    return { platform: id, app, login: [], ...peculiar[id] };
  })
  .sort((one, other) => Number(one.platform === 'tiktok') - Number(other.platform === 'tiktok'));
