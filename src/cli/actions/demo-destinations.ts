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

const all: readonly Destination[] = [
  { platform: 'youtube', app: true, login: creator, approveAs: '@creator' },
  { platform: 'instagram', app: true, login: creator, approveAs: '@creator' },
  { platform: 'x', app: true, login: creator, approveAs: '@creator' },
  { platform: 'facebook', app: true, login: [] },
  { platform: 'threads', app: true, login: [], before: [bucket] },
  { platform: 'bluesky', app: false, login: ['--account', 'creator.bsky.social'] },
  { platform: 'mastodon', app: false, login: ['--server', 'mastodon.social'] },
  { platform: 'linkedin', app: true, login: [] },
  { platform: 'pinterest', app: true, login: [] },
  { platform: 'telegram', app: false, login: creator, token: sandboxBotToken },
  { platform: 'tiktok', app: false, login: ['--for-posting', '--account', '@second'], approveAs: '@second' },
];

export const destinations: readonly Destination[] = all.filter(({ platform }) => registry.platform(platform));
