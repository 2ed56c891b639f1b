import { approve } from '../../src/sandbox/person.ts';
import { sandboxBotToken } from '../../src/sandbox/telegram.ts';
import type { SimPost } from '../../src/sandbox/types.ts';
import type { RealProgram } from './program.ts';
import type { World } from './world.ts';

/** One account as its person signs in to it. */
interface SignIn {
  platform: string;
  /** Whether its person registers a developer app first. */
  app: boolean;
  words: readonly string[];
  approveAs?: string;
  token?: string;
}

const creator = { app: true, words: ['--account', '@creator'], approveAs: '@creator' } as const;

const source: SignIn = { ...creator, platform: 'tiktok' };

const destinations: readonly SignIn[] = [
  { ...creator, platform: 'youtube' },
  { ...creator, platform: 'instagram' },
  { ...creator, platform: 'x' },
  { platform: 'facebook', app: true, words: [] },
  { platform: 'threads', app: true, words: [] },
  { platform: 'bluesky', app: false, words: ['--account', 'creator.bsky.social'] },
  { platform: 'mastodon', app: false, words: ['--server', 'mastodon.social'] },
  { platform: 'linkedin', app: true, words: [] },
  { platform: 'pinterest', app: true, words: [] },
  { platform: 'telegram', app: false, words: ['--account', '@creator'], token: sandboxBotToken },
  { platform: 'tiktok', app: false, words: ['--for-posting', '--account', '@second'], approveAs: '@second' },
];

/** Keys, a bucket and sign-ins. Gives the destination accounts. */
export async function signInEverywhere(repost: RealProgram): Promise<string[]> {
  await repost.run(
    [
      ...['host', 'set', 's3', '--endpoint', 'https://s3.sandbox.example', '--bucket', 'repost-videos'],
      ...['--access-key-id', 'SANDBOXACCESSKEY0001', '--secret-key-stdin'],
    ],
    'sandbox/secret+access/key/0000000000000001\n',
  );
  const accounts: string[] = [];
  for (const one of [source, ...destinations]) {
    const { platform } = one;
    if (one.app) {
      const keys = ['--client-id', `sandbox-${platform}-id`, '--client-secret-stdin'];
      await repost.run(['app', 'add', platform, ...keys], `sandbox-${platform}-secret\n`);
    }
    accounts.push(await signIn(repost, one));
  }
  return accounts.slice(1);
}

async function signIn(repost: RealProgram, { platform, words, token, approveAs }: SignIn): Promise<string> {
  const command = ['login', platform, ...words, '--json'];
  if (token !== undefined) {
    const told = await repost.run([...command, '--token-stdin'], `${token}\n`);
    return (JSON.parse(told) as { account: string }).account;
  }
  // By hand: several worlds share this machine, and some platforms know one redirect port only.
  const login = repost.start([...command, '--paste']);
  const { authorizeUrl } = JSON.parse(await login.nextLine()) as { authorizeUrl: string };
  const choice = { follow: false, ...(approveAs === undefined ? {} : { account: approveAs }) };
  const { redirectedTo } = await approve(authorizeUrl, choice);
  login.child.stdin?.end(`${redirectedTo}\n`);
  const { code, stdout, stderr } = await login.ended;
  if (code !== 0) throw new Error(`repost ${command.join(' ')} ended with ${code}: ${stderr}`);
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { account: string }).account;
}

export interface JobFacts {
  id: number;
  state: string;
  reason: string | null;
  video: { caption: string };
  destination: { platform: string; account: string };
  error: { code: string; message: string } | null;
  post: { id: string; url: string | null } | null;
}

export interface PersonsWork {
  resolvedPublished: number;
  resolvedNotPublished: number;
  retried: number;
  signedInAgain: number;
}

/** What a person does who looks in now and then: signs in where it is asked for, looks at the feeds, retries. */
export async function lookIn(world: World): Promise<PersonsWork> {
  const { repost } = world;
  const work = { resolvedPublished: 0, resolvedNotPublished: 0, retried: 0, signedInAgain: 0 };
  const accounts = JSON.parse(await repost.run(['accounts', 'list', '--json'])) as {
    account: string;
    platform: string;
    handle: string;
    status: string;
  }[];
  for (const { status, platform, handle } of accounts) {
    if (status !== 'login-needed') continue;
    const ways = [source, ...destinations].filter((one) => one.platform === platform);
    const way = ways.find((one) => one.approveAs === handle) ?? ways[0];
    if (!way) continue;
    await world.unwatched(() => signIn(repost, way));
    work.signedInAgain += 1;
  }
  const jobs = JSON.parse(
    await repost.run(['jobs', 'list', '--state', 'unknown,dead', '--limit', '5000', '--json']),
  ) as JobFacts[];
  const posts = jobs.length > 0 ? await world.posts() : [];
  for (const job of jobs) {
    if (job.state === 'dead') {
      await repost.run(['jobs', 'retry', String(job.id)]);
      work.retried += 1;
      continue;
    }
    const found = posts.find((post) => isOf(post, job.destination.platform, job.video.caption));
    if (found) work.resolvedPublished += 1;
    else work.resolvedNotPublished += 1;
    const answer = found ? ['--published', found.url] : ['--not-published'];
    await repost.run(['jobs', 'resolve', String(job.id), ...answer]);
  }
  return work;
}

/** The source's own videos stand in the simulated TikTok's feed too. */
const SOURCE_ID = '-000Creator_tt.4b10';

/** Is it this video, on this platform? Captions end in a word that no other has. */
export function isOf(post: SimPost, platform: string, caption: string): boolean {
  if (post.platform !== platform || post.accountId === SOURCE_ID) return false;
  return `${post.title ?? ''} ${post.text}`.includes(caption.split(' ').at(-1) ?? caption);
}
