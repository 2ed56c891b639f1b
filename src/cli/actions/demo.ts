import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../core/failure.ts';
import type { PlatformId } from '../../core/names.ts';
import { platformOf } from '../../platforms/index.ts';
import { approve } from '../../sandbox/person.ts';
import { openAddress } from '../browser.ts';
import { createProgram, type Program } from '../child.ts';
import type { Turn } from '../command.ts';
import { startSandbox, untilStopped } from './sandbox.ts';

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

const destinations: readonly PlatformId[] = ['youtube', 'instagram', 'x'];
/** The whole demo takes seconds; past this something is wrong. */
const PATIENCE_MS = 120_000;

interface Stage {
  turn: Turn;
  home: string;
  originals: string;
  repost: Program;
  sandbox: Awaited<ReturnType<typeof startSandbox>>;
  interactive: boolean;
}

/** The whole way with the real program: every command below is one that a person would type. */
export async function demo(turn: Turn, options: { interactive?: boolean; keep?: boolean }): Promise<number> {
  const { app, note, paint } = turn;
  const home = mkdtempSync(join(tmpdir(), 'repost-demo-'));
  const sandbox = await startSandbox(0);
  const stage: Stage = {
    turn,
    home,
    originals: join(home, 'originals'),
    repost: createProgram(demoEnv(app.io.env, home)),
    sandbox,
    interactive: options.interactive ?? false,
  };
  mkdirSync(stage.originals);
  writeFileSync(join(home, 'origins.json'), JSON.stringify(sandbox.server.origins, null, 2));
  writeFileSync(join(home, 'passphrase'), 'only-for-the-demo\n', { mode: 0o600 });
  note(
    `A sandbox of the platforms runs at ${sandbox.server.url}; everything else is the real program, in ${home}.\n`,
  );
  try {
    await setUp(stage);
    const jobs = await publishAll(stage);
    turn.print(jobs, () => postTable(jobs));
    note(
      `\n${paint('bold', 'Look at it:')} ${options.keep ? sandbox.server.feeds : 'run it with --keep to browse the feeds page'}`,
    );
    if (options.keep) {
      note('Ctrl-C ends the demo.');
      await untilStopped();
    }
  } finally {
    await sandbox.server.close();
    rmSync(home, { recursive: true, force: true });
  }
  return 0;
}

function demoEnv(env: NodeJS.ProcessEnv, home: string): NodeJS.ProcessEnv {
  return {
    ...env,
    REPOST_HOME: join(home, 'repost'),
    REPOST_ORIGINS: join(home, 'origins.json'),
    REPOST_VAULT: 'file',
    REPOST_VAULT_PASSPHRASE_FILE: join(home, 'passphrase'),
    REPOST_NO_INPUT: '1',
  };
}

/** Keys, sign-ins, settings and the rule. */
async function setUp(stage: Stage): Promise<void> {
  const { repost, turn, originals } = stage;
  await repost.run(['config', 'set', 'poll.interval', '1s']);
  for (const id of ['tiktok', ...destinations] as const) {
    say(turn, `$ repost app add ${id} --client-id sandbox-${id}-id --client-secret-stdin`);
    await repost.run(
      ['app', 'add', id, '--client-id', `sandbox-${id}-id`, '--client-secret-stdin'],
      `sandbox-${id}-secret\n`,
    );
    say(turn, `$ repost login ${id}`);
    await signIn(stage, id);
  }
  const to = destinations.flatMap((id) => ['--to', `${id}:@creator`]);
  const rule = [
    'rule',
    'add',
    '--name',
    'everywhere',
    '--from',
    'tiktok:@creator',
    ...to,
    '--media',
    `folder:${originals}`,
    '--fit',
    'transcode',
  ];
  say(turn, `$ repost ${rule.join(' ')}`);
  await repost.run(rule);
}

async function signIn(stage: Stage, id: PlatformId): Promise<void> {
  const { repost, interactive, turn } = stage;
  const login = repost.start([
    'login',
    id,
    '--no-browser',
    '--json',
    '--account',
    '@creator',
    '--timeout',
    interactive ? '5m' : '60s',
  ]);
  const first = JSON.parse(await login.nextLine()) as { authorizeUrl: string };
  if (interactive) {
    turn.note(`  Approve it in your browser: ${first.authorizeUrl}`);
    await openAddress(turn.app.io.env, first.authorizeUrl).catch(() => undefined);
  } else {
    await approve(first.authorizeUrl, { account: '@creator' });
  }
  await login.succeeded();
}

/** The creator publishes; the daemon does the rest. Gives the published jobs. */
async function publishAll(stage: Stage): Promise<PublishedJob[]> {
  const { repost, turn, sandbox, originals } = stage;
  say(turn, '$ repost daemon');
  const daemon = repost.start(['daemon'], (line) => turn.note(turn.paint('dim', `  ${line}`)));
  try {
    await daemon.until((line) => line.includes('started'));
    // The first poll only takes note of what is there: publish after it.
    await repost.waitFor(
      ['source', 'list', '--json'],
      (rows: { lastGoodPollAt: string | null }[]) => rows.some((row) => row.lastGoodPollAt !== null),
      PATIENCE_MS,
    );
    const published = playable(turn);
    for (const video of published) {
      const { id } = (await sandbox.sandbox.control('tiktok', 'publish', {
        caption: video.caption,
        durationSeconds: video.durationSeconds,
        width: 576,
        height: 1024,
      })) as { id: string };
      copyFileSync(videoPath(video.file), join(originals, `${id}.mp4`));
      say(turn, `@creator publishes on TikTok: ${video.caption.slice(0, 40)}…`);
    }
    const wanted = published.length * destinations.length;
    const jobs = await repost.waitFor(
      ['jobs', 'list', '--json'],
      (rows: PublishedJob[]) => rows.filter((row) => row.post).length === wanted,
      PATIENCE_MS,
    );
    checkAgainstPlatforms(stage, jobs);
    return jobs;
  } finally {
    await daemon.stop();
  }
}

interface PublishedJob {
  state: string;
  post: { url: string; lagSeconds: number } | null;
  destination: { account: string; platform: PlatformId };
  video: { caption: string };
}

/** X takes no H.265: without ffmpeg that video is left out, and it is said. */
function playable(turn: Turn): typeof videos {
  const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).error === undefined;
  if (!hasFfmpeg) turn.note('ffmpeg is not installed, so the H.265 video is left out.');
  return videos.filter((video) => video.needs === undefined || hasFfmpeg);
}

/** The tool's word against the platforms': each video once on each, and nothing the platforms object to. */
function checkAgainstPlatforms({ sandbox: { sandbox } }: Stage, jobs: readonly PublishedJob[]): void {
  const shown = sandbox.posts().filter((post) => destinations.includes(post.platform));
  const complaints = sandbox.complaints().map(({ platform, what }) => `${platform}: ${what}`);
  if (shown.length === jobs.length && complaints.length === 0) return;
  throw new Failure('E_INTERNAL', {
    message: `The platforms show ${shown.length} posts for ${jobs.length} jobs. ${complaints.join('; ')}`,
  });
}

function postTable(jobs: readonly PublishedJob[]): string {
  const rows = [...jobs].sort(
    (a, b) =>
      a.video.caption.localeCompare(b.video.caption) ||
      a.destination.platform.localeCompare(b.destination.platform),
  );
  return rows
    .map(
      (job) =>
        `${platformOf(job.destination.platform).name.padEnd(10)} ${(job.post?.url ?? '').padEnd(52)} ${job.post?.lagSeconds} s after TikTok`,
    )
    .join('\n');
}

function say({ note, paint }: Turn, text: string): void {
  note(paint('bold', text));
}

/** Beside the bundle in dist/, or in the source tree. */
function videoPath(name: string): string {
  return fileURLToPath(
    new URL(
      import.meta.url.includes('/dist/') ? `./videos/${name}` : `../../sandbox/videos/${name}`,
      import.meta.url,
    ),
  );
}
