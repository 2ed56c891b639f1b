import { spawnSync } from 'node:child_process';
import { statfsSync, statSync } from 'node:fs';
import { DAY } from '../../core/clock.ts';
import { sayBytes } from '../../core/media-rules.ts';
import type { App } from '../app.ts';
import type { Check } from '../app-check.ts';
import { hostChecks } from '../hosts.ts';
import { makeFolder } from '../paths.ts';
import { checkService } from '../service-state.ts';
import { spanText } from '../table.ts';
import { fail, pass, warn } from './checks.ts';

/** Less than this is soon full. */
const LOW_DISK_BYTES = 1e9;
/** With less nothing can be written down, and what can't be written down is not sent. */
const LEAST_DISK_BYTES = 50e6;
/** Its log of changes is folded into the database all the time; one of this size shows that something holds it. */
const LONG_LOG_BYTES = 256 * 1024 * 1024;
/** TikTok changes its pages, and older ones of these stop working: they come out every few weeks. */
const OLD_YTDLP_MS = 120 * DAY;

/** Node and the programs that work on videos. */
export function checkMachine(app: App): Check[] {
  return [
    pass(`Node ${process.versions.node} on ${process.platform}-${process.arch}`),
    checkProgram(
      app,
      'ffmpeg',
      '-version',
      'files that a platform would refuse can’t be made to fit: install the package ffmpeg',
    ),
    checkYtdlp(app),
  ];
}

function versionOf(app: App, program: string, flag: string): string | undefined {
  const { error, stdout } = spawnSync(program, [flag], {
    encoding: 'utf8',
    timeout: 10_000,
    env: app.io.env,
  });
  return error ? undefined : (stdout ?? '').split('\n', 1)[0];
}

function checkProgram(app: App, program: string, flag: string, hint: string): Check {
  const version = versionOf(app, program, flag);
  return version === undefined ? warn(`${program} is not installed`, hint) : pass(`${program}: ${version}`);
}

function checkYtdlp(app: App): Check {
  const version = versionOf(app, 'yt-dlp', '--version');
  if (version === undefined)
    return warn(
      'yt-dlp is not installed',
      'only rules with --media yt-dlp need it: install the package yt-dlp',
    );
  // Its version is the day it came out: https://github.com/yt-dlp/yt-dlp#release-channels
  const age = app.clock.now() - Date.parse(version.slice(0, 10).replaceAll('.', '-'));
  return age > OLD_YTDLP_MS
    ? warn(
        `yt-dlp: ${version} is ${spanText(age)} old`,
        'Sites change and old versions stop working: where rules with --media yt-dlp fail, install a newer one.',
      )
    : pass(`yt-dlp: ${version}`);
}

/** The folder, its disk, the database, the vault, and who works on it. */
export async function checkHome(app: App): Promise<Check[]> {
  const checks: Check[] = [];
  try {
    makeFolder(app.paths.data);
    checks.push(checkDisk(app));
    checks.push(...(await checkDatabase(app)));
  } catch (error) {
    return [...checks, fail(`the home ${app.paths.data} can’t be used`, error)];
  }
  try {
    const vault = await app.vault();
    await vault.probe();
    checks.push(pass(`the vault keeps secrets: ${vault.description}`));
  } catch (error) {
    checks.push(fail('the vault can’t be used', error));
  }
  checks.push(
    (await app.daemonRuns()) ? pass('a daemon is running') : warn('no daemon is running', 'repost daemon'),
  );
  return [...checks, ...(await checkService(app))];
}

function checkDisk({ paths }: App): Check {
  const { bavail, bsize } = statfsSync(paths.data);
  const free = bavail * bsize;
  const title = `${sayBytes(free)} of disk left`;
  const hint = 'Free some space: without it nothing can be written down, so nothing is sent.';
  if (free < LEAST_DISK_BYTES) return { result: 'FAIL', title, hint };
  return free < LOW_DISK_BYTES ? warn(title, hint) : pass(title);
}

/** Looking for damage is the server’s own affair; that it answers is ours. */
async function checkServer(app: App): Promise<Check[]> {
  const startedAt = performance.now();
  const store = await app.store();
  await store.version();
  const took = Math.round(performance.now() - startedAt);
  const hosts = hostChecks(await store.hosts.list(), app.clock.now());
  return [pass(`the database server answers (${took} ms)`), ...hosts];
}

async function checkDatabase(app: App): Promise<Check[]> {
  if (app.config.text('store') !== '') return checkServer(app);
  const { files, clock } = app;
  const { openStore, sqliteVersion } = await import('../../store/sqlite.ts');
  await (await openStore({ path: files.database, clock, check: 'always' })).close();
  const bytes = statSync(files.database).size;
  const logBytes = statSync(`${files.database}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const sound = pass(
    `the database ${files.database} is sound (${sayBytes(bytes)}, SQLite ${sqliteVersion()})`,
  );
  if (logBytes < LONG_LOG_BYTES) return [sound];
  return [
    sound,
    warn(
      `its log of changes has ${sayBytes(logBytes)}`,
      'Something keeps the database open for long: a copying or backup program? Restart the daemon.',
    ),
  ];
}
