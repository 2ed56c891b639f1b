import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../core/failure.ts';
import type { PlatformId } from '../../core/names.ts';
import { platformOf } from '../../platforms/index.ts';
import { requireAddOn } from '../../store/driver.ts';
import { createProgram } from '../child.ts';
import type { Turn } from '../command.ts';
import { exitCodes } from '../exit.ts';
import { harmless, shorten } from '../io.ts';
import { onStop } from '../signals.ts';
import { spanText, table, tableWidth } from '../table.ts';
import { destinations } from './demo-destinations.ts';
import { type PublishedJob, publishAll, type Stage, setUp } from './demo-stage.ts';
import { startSandbox, untilStopped } from './sandbox.ts';

/** The whole way with the real program: every command that it shows is one that a person would type. */
export async function demo(turn: Turn, options: { interactive?: boolean; keep?: boolean }): Promise<number> {
  const { app, note, paint } = turn;
  requireAddOn();
  const home = mkdtempSync(join(tmpdir(), 'repost-demo-'));
  const tidy = () => rmSync(home, { recursive: true, force: true });
  process.once('exit', tidy);
  const forget = onStop(() => process.exit(exitCodes.interrupted));
  const sandbox = await startSandbox(0);
  const stage: Stage = {
    turn,
    originals: join(home, 'originals'),
    repost: createProgram(demoEnv(app.io.env, home)),
    sandbox: sandbox.sandbox,
    interactive: options.interactive ?? false,
  };
  mkdirSync(stage.originals);
  writeFileSync(join(home, 'origins.json'), JSON.stringify(sandbox.server.origins, null, 2));
  // A key needs no stretching, which a passphrase costs every command.
  writeFileSync(join(home, 'vault-key'), randomBytes(32), { mode: 0o600 });
  note(
    `${paint('bold', 'repost demo')}: the real program in a home of its own, against simulated platforms.`,
  );
  try {
    await setUp(stage);
    const jobs = await publishAll(stage);
    checkAgainstPlatforms(stage, jobs);
    note('');
    turn.print(jobs, () => summary(turn, jobs));
    forget();
    if (options.keep) {
      note(`\n${paint('bold', 'Look at it:')} ${sandbox.server.feeds}\nCtrl-C ends the demo.`);
      await untilStopped();
    } else {
      note(
        `\n${paint('bold', 'Look at it:')} repost demo --keep goes on serving the page that plays the posts.`,
      );
    }
  } finally {
    forget();
    await sandbox.server.close();
    tidy();
    process.off('exit', tidy);
  }
  return 0;
}

/** The person's own settings must not reach into the demo, nor a proxy stand before the sandbox. */
function demoEnv(env: NodeJS.ProcessEnv, home: string): NodeJS.ProcessEnv {
  const foreign = /^(REPOST_.*|CREDENTIALS_DIRECTORY|https?_proxy|all_proxy)$/iu;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name))),
    REPOST_HOME: join(home, 'repost'),
    REPOST_ORIGINS: join(home, 'origins.json'),
    REPOST_VAULT: 'file',
    CREDENTIALS_DIRECTORY: home,
    REPOST_NO_INPUT: '1',
    // It needs no page, and the usual port may be somebody’s.
    REPOST_HTTP: 'off',
  };
}

/** The tool's word against the platforms': each video once on each, and nothing the platforms object to. */
function checkAgainstPlatforms({ sandbox }: Stage, jobs: readonly PublishedJob[]): void {
  const originals = new Set(jobs.map((job) => job.video.remoteId));
  const shown = sandbox
    .posts()
    .filter(
      (post) => destinations.some(({ platform }) => platform === post.platform) && !originals.has(post.id),
    );
  const complaints = sandbox.complaints().map(({ platform, what }) => `${platform}: ${what}`);
  if (shown.length === jobs.length && complaints.length === 0) return;
  throw new Failure('E_INTERNAL', {
    message: `The platforms show ${shown.length} posts for ${jobs.length} jobs. ${complaints.join('; ')}`,
  });
}

function summary({ app, paint }: Turn, jobs: readonly PublishedJob[]): string {
  const order = (id: PlatformId) => destinations.findIndex(({ platform }) => platform === id);
  const rows = [...jobs].sort(
    (a, b) => a.video.id - b.video.id || order(a.destination.platform) - order(b.destination.platform),
  );
  const [head = '', ...lines] = table(
    ['VIDEO', 'PLATFORM', 'ADDRESS', 'AFTER TIKTOK'],
    rows.map((job, index) => [
      rows[index - 1]?.video.id === job.video.id ? '' : shorten(harmless(job.video.caption), 24),
      platformOf(job.destination.platform).name,
      job.post?.url ?? '',
      spanText((job.post?.lagSeconds ?? 0) * 1000),
    ]),
    tableWidth(app.io),
    0,
  ).split('\n');
  return [paint('dim', head), ...lines].join('\n');
}
