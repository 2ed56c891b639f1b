import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import type { Account } from '../../core/account.ts';
import { asFailure } from '../../core/failure.ts';
import { sayBytes } from '../../core/media-rules.ts';
import { openMeter } from '../../engine/meter.ts';
import { serviceOf } from '../../platforms/index.ts';
import { schemaVersion } from '../../web/views.ts';
import type { App } from '../app.ts';
import type { Check } from '../app-check.ts';
import type { Turn } from '../command.ts';
import { hostOf } from '../connect.ts';
import { checkMediaHost } from '../host.ts';
import { makeFolder } from '../paths.ts';
import { checkService } from '../service-state.ts';
import { spanText } from '../table.ts';

/** Less than this is soon full. */
const LOW_DISK_BYTES = 1e9;
/** A sign-in that ends within this time is worth a word. */
const SOON_MS = 14 * 86_400_000;

/** Looks at this machine, the home, the vault, each sign-in and the media host. Gives 1 where anything fails. */
export async function doctor(turn: Turn, options: { offline?: boolean }): Promise<number> {
  const { app, print, paint } = turn;
  const checks: Check[] = [...machine(app), ...(await home(app))];
  if (!checks.some(({ result }) => result === 'FAIL'))
    checks.push(...(await accounts(app, options.offline ?? false)));
  if (!options.offline) checks.push(...(await mediaHost(app)));
  const failed = checks.filter(({ result }) => result === 'FAIL').length;
  const colors = { PASS: 'green', WARN: 'yellow', FAIL: 'red' } as const;
  print({ schemaVersion, ok: failed === 0, checks }, () =>
    [
      ...checks.map(
        ({ result, title, hint }) =>
          `${paint(colors[result], result)}  ${title}${hint ? `\n      ${hint}` : ''}`,
      ),
      failed === 0 ? 'All is well.' : `${failed} check(s) failed.`,
    ].join('\n'),
  );
  return failed === 0 ? 0 : 1;
}

const pass = (title: string): Check => ({ result: 'PASS', title, hint: null });
const warn = (title: string, hint: string): Check => ({ result: 'WARN', title, hint });

function fail(title: string, error: unknown): Check {
  const failure = asFailure(error);
  const hint = [failure.message, failure.hint, failure.command ? `$ ${failure.command}` : '']
    .filter(Boolean)
    .join(' ');
  return { result: 'FAIL', title: `${title} (${failure.code})`, hint };
}

function machine(app: App): Check[] {
  const programs = [
    [
      'ffmpeg',
      ['-version'],
      'files that a platform would refuse can’t be made to fit: install the package ffmpeg',
    ],
    ['yt-dlp', ['--version'], 'only rules with --media yt-dlp need it: install the package yt-dlp'],
  ] as const;
  return [
    pass(`Node ${process.versions.node} on ${process.platform}-${process.arch}`),
    ...programs.map(([program, args, hint]) => {
      const { error, stdout } = spawnSync(program, args, {
        encoding: 'utf8',
        timeout: 10_000,
        env: app.io.env,
      });
      return error
        ? warn(`${program} is not installed`, hint)
        : pass(`${program}: ${(stdout ?? '').split('\n', 1)[0]}`);
    }),
  ];
}

async function home(app: App): Promise<Check[]> {
  const checks: Check[] = [];
  try {
    makeFolder(app.paths.data);
    const { bavail, bsize } = statfsSync(app.paths.data);
    const free = bavail * bsize;
    checks.push(
      free < LOW_DISK_BYTES
        ? warn(
            `${sayBytes(free)} of disk left`,
            'Free some space: without it nothing can be written down, so nothing is sent.',
          )
        : pass(`${sayBytes(free)} of disk left`),
    );
    const { openStore } = await import('../../store/sqlite.ts');
    await (await openStore({ path: app.files.database, clock: app.clock, check: 'always' })).close();
    checks.push(pass(`the database ${app.files.database} is sound`));
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
  checks.push(...(await checkService(app)));
  return checks;
}

async function accounts(app: App, offline: boolean): Promise<Check[]> {
  const all = await (await app.store()).accounts.list();
  if (all.length === 0) return [warn('no account is signed in', 'repost login tiktok')];
  return Promise.all(all.map((account) => checkAccount(app, account, offline)));
}

async function checkAccount(app: App, account: Account, offline: boolean): Promise<Check> {
  const again = `repost login ${account.platform} --account ${account.handle}`;
  if (account.status === 'login-needed')
    return { result: 'FAIL', title: `${account.account} must sign in again`, hint: again };
  const service = serviceOf(account.platform);
  try {
    if (!offline) {
      const store = await app.store();
      const net = await app.net();
      const http = net.connect(
        account,
        service,
        openMeter({ service, account, limits: store.limits, clock: app.clock }),
      );
      const developerApp = await net.developerApp(service, hostOf(account));
      await service.identities({
        http,
        grant: await net.grantOf(account),
        app: developerApp,
        clock: app.clock,
      });
    }
  } catch (error) {
    return fail(`${account.account} does not answer as it should`, error);
  }
  const left = account.breaksAt === undefined ? undefined : account.breaksAt - app.clock.now();
  if (left !== undefined && left < SOON_MS)
    return warn(`${account.account}: the sign-in ends in ${spanText(Math.max(0, left))}`, again);
  return pass(`${account.account} is signed in${offline ? '' : ' and answers'}`);
}

/** Threads and Instagram Login fetch videos from a public address: is it one? */
async function mediaHost(app: App): Promise<Check[]> {
  try {
    return (
      (await checkMediaHost(app))?.checks.map((check) => ({
        ...check,
        title: `media host: ${check.title}`,
      })) ?? []
    );
  } catch (error) {
    return [fail('the media host can’t be used', error)];
  }
}
