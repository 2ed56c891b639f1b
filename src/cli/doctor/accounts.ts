import type { Account } from '../../core/account.ts';
import { signInEnd } from '../../core/sign-in-end.ts';
import type { Source } from '../../core/source.ts';
import { openMeter } from '../../engine/meter.ts';
import { folderVideos } from '../../media/folder-videos.ts';
import { registry, serviceOf } from '../../platforms/index.ts';
import type { SourceRow } from '../../store/types.ts';
import type { App } from '../app.ts';
import { type Check, checkDeveloperApp } from '../app-check.ts';
import { hostOf, signInOf } from '../connect.ts';
import { limitStates } from '../limits.ts';
import { relativeText, spanText } from '../table.ts';
import { fail, pass, warn } from './checks.ts';

const loginCommand = (account: Account) => `repost login ${account.platform} --account ${account.handle}`;

/** Each sign-in: does it answer, what may it do, how long does it last? */
export async function checkAccounts(app: App, offline: boolean): Promise<Check[]> {
  const all = await (await app.store()).accounts.list();
  if (all.length === 0) return [warn('no account is signed in', 'repost login tiktok')];
  return (await Promise.all(all.map((account) => checkAccount(app, account, offline)))).flat();
}

async function checkAccount(app: App, account: Account, offline: boolean): Promise<Check[]> {
  const end = signInEnd(account, app.clock.now());
  if (end.state === 'ended')
    return [
      {
        result: 'FAIL',
        title: `${account.account} must sign in again`,
        hint: `${end.advice} $ ${loginCommand(account)}`.trim(),
      },
    ];
  try {
    if (!offline) await askWho(app, account);
  } catch (error) {
    return [fail(`${account.account} does not answer as it should`, error)];
  }
  const left = end.endsAt === null ? 0 : end.endsAt - app.clock.now();
  return [
    end.warning === null
      ? pass(`${account.account} is signed in${offline ? '' : ' and answers'}`)
      : warn(
          `${account.account}: the sign-in ends in ${spanText(left)}`,
          `${end.advice} $ ${loginCommand(account)}`.trim(),
        ),
    ...scopeChecks(account),
  ];
}

/** The cheapest request that proves a sign-in. */
async function askWho(app: App, account: Account): Promise<void> {
  const service = serviceOf(account.platform);
  const { limits } = await app.store();
  const net = await app.net();
  const http = net.connect(account, service, openMeter({ service, account, limits, clock: app.clock }));
  await service.identities({
    http,
    grant: await net.grantOf(account),
    app: await net.developerApp(service, hostOf(account)),
    clock: app.clock,
  });
}

/** A wide right holds the narrower ones that its name begins. */
function scopeChecks(account: Account): Check[] {
  const signIn = signInOf(account, serviceOf(account.platform));
  if (signIn.kind !== 'oauth' || account.scopes.length === 0) return [];
  const missing = (signIn.needed ?? signIn.scopes).filter(
    (scope) => !account.scopes.some((held) => scope === held || scope.startsWith(`${held}.`)),
  );
  if (missing.length === 0) return [];
  return [
    warn(
      `${account.account} may not do everything: it lacks ${missing.join(' ')}`,
      `Sign in again and leave all rights ticked: $ ${loginCommand(account)}`,
    ),
  ];
}

/** The keys of each developer app, tried with a code that can't be right, and its redirect address. */
export async function checkApps(app: App, offline: boolean): Promise<Check[]> {
  const rows = await (await app.store()).apps.list();
  const net = await app.net();
  const checks = await Promise.all(
    rows.map(async ({ platform, host }): Promise<Check[]> => {
      const service = serviceOf(platform);
      const own = await net.developerApp(service, host);
      if (!own || offline) return [];
      const name = host === '' ? service.name : `${service.name} (${host})`;
      return (await checkDeveloperApp(net.plain(service), app.clock, service, own))
        .filter(({ title }) => !title.startsWith('scopes that'))
        .map((check) => ({
          ...check,
          // To be compared by eye once, and no fault: a sign-in that worked has proved it.
          result: check.result === 'WARN' && check.title.startsWith('the redirect') ? 'PASS' : check.result,
          title: `app ${name}: ${check.title}`,
        }));
    }),
  );
  return checks.flat();
}

/** A limit that is used up, or that its platform closed. */
export async function checkLimits(app: App): Promise<Check[]> {
  const store = await app.store();
  const now = app.clock.now();
  const states = await limitStates(store, await store.accounts.list(), now);
  const full = states.filter(({ left, blockedUntil }) => left <= 0 || (blockedUntil ?? 0) > now);
  if (states.length === 0) return [];
  if (full.length === 0) return [pass(`all ${states.length} limits have room`)];
  return full.map(({ platform, account, title, blockedUntil, resetsAt }) => {
    const at = Math.max(blockedUntil ?? 0, resetsAt ?? 0);
    return warn(
      `${account ?? platform}: nothing is left of ${title}`,
      `Jobs wait${at > now ? ` until it frees ${relativeText(at, now)}` : ''}: repost limits`,
    );
  });
}

/** Each source: its last good look, and one look now. */
export async function checkSources(app: App, offline: boolean): Promise<Check[]> {
  const rows = (await (await app.store()).sources.list()).filter((row) => !row.paused);
  if (rows.length === 0) return [warn('nothing is watched', 'repost source add tiktok:@HANDLE')];
  return Promise.all(rows.map((row) => checkSource(app, row, offline)));
}

async function checkSource(app: App, row: SourceRow, offline: boolean): Promise<Check> {
  const seen =
    row.lastGoodPollAt === null
      ? 'never looked at so far'
      : `last seen ${relativeText(row.lastGoodPollAt, app.clock.now())}`;
  const source = row.kind === folderVideos.id ? folderVideos : registry.source(row.kind);
  if (source === undefined)
    return warn(`${row.name} is of a kind that is not known: ${row.kind}`, 'repost source list');
  try {
    // A folder is on this machine, network or not.
    if (!offline || row.accountId === null) await look(app, row, source);
  } catch (error) {
    return fail(`the source ${row.name} can’t be looked at (${seen})`, error);
  }
  return row.failures > 0
    ? warn(
        `the source ${row.name} failed ${row.failures} times (${seen})`,
        `${row.error?.message ?? ''} ${row.error?.hint ?? ''}`.trim(),
      )
    : pass(`the source ${row.name} ${offline ? '' : 'answers, '}${seen}`);
}

/** One look at the newest only: what is known ends the paging. */
async function look(app: App, row: SourceRow, source: Source): Promise<void> {
  const store = await app.store();
  const net = await app.net();
  const account = row.accountId === null ? undefined : await store.accounts.get(row.accountId);
  const service = account && !source.anonymous ? serviceOf(account.platform) : undefined;
  const meter = account && service && openMeter({ service, account, limits: store.limits, clock: app.clock });
  await source.poll({
    http: account && service && meter ? net.connect(account, service, meter) : net.plain(),
    ...(account ? { account } : {}),
    ...(row.locator === null ? {} : { locator: row.locator }),
    clock: app.clock,
    known: () => true,
    since: app.clock.now(),
  });
}
