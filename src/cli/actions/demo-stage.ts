import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PlatformId } from '../../core/names.ts';
import { approve } from '../../sandbox/person.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { openAddress } from '../browser.ts';
import type { Program, Running } from '../child.ts';
import type { Turn } from '../command.ts';
import { harmless, shorten } from '../io.ts';
import { openSpinner } from '../spinner.ts';
import { spanText } from '../table.ts';
import { type Destination, destinations } from './demo-destinations.ts';

/** What the demo's acts work with. */
export interface Stage {
  turn: Turn;
  /** The folder of originals. */
  originals: string;
  repost: Program;
  sandbox: Sandbox;
  /** True: the person approves the sign-ins in a browser. */
  interactive: boolean;
}

export interface PublishedJob {
  state: string;
  post: { url: string; lagSeconds: number } | null;
  destination: { account: string; platform: PlatformId };
  video: { id: number; remoteId: string; caption: string };
}

/** The videos that the simulated creator publishes, shipped beside the program. */
const videos: readonly { file: string; caption: string; durationSeconds: number; needs?: string }[] = [
  { file: 'sunrise.mp4', caption: 'Sunrise over the harbour ☀️ #morning #sea', durationSeconds: 12 },
  {
    file: 'waves.mp4',
    caption: 'Waves in H.265 🌊 filmed on the new phone #waves',
    durationSeconds: 9,
    needs: 'ffmpeg',
  },
  {
    file: 'long-walk.mp4',
    caption:
      'A long walk <script>alert(1)</script> \u202Eevil\u202C @friend 👩‍👩‍👧‍👦 see shop.example.com #walk #fyp',
    durationSeconds: 64,
  },
];

/** The whole demo takes seconds; past this something is wrong. */
const PATIENCE_MS = 120_000;

/** Keys, sign-ins, settings and the rule. */
export async function setUp(stage: Stage): Promise<void> {
  const { repost, turn, originals } = stage;
  await repost.run(['config', 'set', 'poll.interval', '1s']);
  title(turn, 'Sign in');
  await signIn(stage, source);
  const accounts: string[] = [];
  for (const destination of destinations) accounts.push(await signIn(stage, destination));
  title(turn, 'Say what goes where');
  const to = accounts.flatMap((account) => ['--to', account]);
  const rule = ['--from', 'tiktok:@creator', ...to, '--media', `folder:${originals}`, '--fit', 'transcode'];
  say(turn, ['rule', 'add', ...rule]);
  done(turn, (await repost.run(['rule', 'add', ...rule])).trim());
}

/** Where the videos come from. */
const source: Destination = {
  platform: 'tiktok',
  app: true,
  login: ['--account', '@creator'],
  approveAs: '@creator',
};

/** Signs in as a person would. Gives the account. */
async function signIn(stage: Stage, destination: Destination): Promise<string> {
  const { repost, turn } = stage;
  const { platform, app, login, token, before = [] } = destination;
  for (const { command, input } of before) {
    say(turn, command);
    await repost.run(command, input);
  }
  if (app) {
    const keys = ['app', 'add', platform, '--client-id', `sandbox-${platform}-id`, '--client-secret-stdin'];
    say(turn, keys);
    await repost.run(keys, `sandbox-${platform}-secret\n`);
  }
  const words = ['login', platform, ...login, ...(token === undefined ? [] : ['--token-stdin'])];
  say(turn, words);
  const account =
    token === undefined
      ? await inBrowser(stage, destination, words)
      : await repost.run([...words, '--json'], `${token}\n`);
  const signedIn = JSON.parse(account) as { account: string; name: string };
  done(turn, `signed in as ${signedIn.account} (${signedIn.name})`);
  return signedIn.account;
}

/** Gives the account that the sign-in printed. */
async function inBrowser(
  { repost, interactive, turn }: Stage,
  { approveAs }: Destination,
  words: readonly string[],
): Promise<string> {
  const login = repost.start([...words, '--no-browser', '--json', '--timeout', interactive ? '5m' : '60s']);
  const { authorizeUrl } = JSON.parse(await login.nextLine()) as { authorizeUrl: string };
  if (interactive) {
    turn.note(`  Approve it in your browser: ${authorizeUrl}`);
    await openAddress(turn.app.io.env, authorizeUrl).catch(() => undefined);
  } else {
    await approve(authorizeUrl, approveAs === undefined ? {} : { account: approveAs });
  }
  const account = await login.nextLine();
  await login.succeeded();
  return account;
}

/** The creator publishes; the daemon does the rest. Gives the published jobs. */
export async function publishAll(stage: Stage): Promise<PublishedJob[]> {
  const { repost, turn } = stage;
  title(turn, 'Publish on TikTok, and let it run');
  say(turn, ['daemon']);
  const news = { tell: (_line: string) => {} };
  const daemon = repost.start(['daemon', '--json'], (line) => news.tell(line));
  // Whoever stops the demo stops its daemon.
  process.once('exit', daemon.kill);
  try {
    return await runDaemon(stage, daemon, news);
  } finally {
    await daemon.stop();
    process.off('exit', daemon.kill);
  }
}

async function runDaemon(
  { repost, turn, sandbox, originals }: Stage,
  daemon: Running,
  news: { tell: (line: string) => void },
): Promise<PublishedJob[]> {
  await daemon.until((line) => line.includes('"started"'));
  // The first poll only takes note of what is there: publish after it.
  await repost.waitFor(
    ['source', 'list', '--json'],
    (rows: { lastGoodPollAt: string | null }[]) => rows.some((row) => row.lastGoodPollAt !== null),
    PATIENCE_MS,
  );
  const published = playable(turn);
  for (const video of published) {
    const { id } = (await sandbox.control('tiktok', 'publish', {
      caption: video.caption,
      file: videoPath(video.file),
      durationSeconds: video.durationSeconds,
      width: 576,
      height: 1024,
    })) as { id: string };
    copyFileSync(videoPath(video.file), join(originals, `${id}.mp4`));
    turn.note(`  ${turn.paint('cyan', '♪')} @creator publishes “${harmless(shorten(video.caption, 40))}”`);
  }
  const wanted = published.length * destinations.length;
  const spinner = turn.json ? undefined : await openSpinner(turn.app.io, `0 of ${wanted} posts are out`);
  let out = 0;
  news.tell = (line) => {
    const text = postLine(line);
    if (text === undefined) return;
    out += 1;
    done(turn, text);
    spinner?.show(`${out} of ${wanted} posts are out`);
  };
  try {
    const all = (rows: PublishedJob[]) => rows.filter((row) => row.post).length === wanted;
    return await repost.waitFor(['jobs', 'list', '--json'], all, PATIENCE_MS);
  } finally {
    spinner?.close();
    news.tell = () => {};
  }
}

/** A line of the daemon's log as news of a post, where it is that. */
function postLine(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  const event = JSON.parse(line) as Record<string, unknown>;
  if (event['event'] !== 'job-ended' || event['state'] !== 'published') return undefined;
  const account = String(event['account']).padEnd(18);
  const lag = spanText(Number(event['lagSeconds']) * 1000);
  return `${account} “${harmless(shorten(String(event['caption']), 24))}” after ${lag}`;
}

/** X takes no H.265: without ffmpeg that video is left out, and it is said. */
function playable(turn: Turn): typeof videos {
  const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).error === undefined;
  if (!hasFfmpeg) turn.note('  ffmpeg is not installed, so the H.265 video is left out.');
  return videos.filter((video) => video.needs === undefined || hasFfmpeg);
}

function title({ note, paint }: Turn, text: string): void {
  note(`\n${paint('bold', text)}`);
}

/** A command as a person would type it; a long one with its flags below each other. */
function say({ note, paint }: Turn, args: readonly string[]): void {
  const line = `$ repost ${args.join(' ')}`;
  const text = line.length < 80 ? line : line.replace(/ --/gu, ' \\\n    --');
  note(text.replace(/^.*$/gmu, (part) => paint('dim', part)));
}

function done({ note, paint }: Turn, text: string): void {
  note(`  ${paint('green', '✓')} ${text}`);
}

/** Beside the bundle in dist/, or in the source tree. */
function videoPath(name: string): string {
  const path = import.meta.url.includes('/dist/') ? `./videos/${name}` : `../../sandbox/videos/${name}`;
  return fileURLToPath(new URL(path, import.meta.url));
}
