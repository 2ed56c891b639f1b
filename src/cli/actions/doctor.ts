import { serviceOf } from '../../platforms/index.ts';
import { schemaVersion } from '../../web/views.ts';
import type { App } from '../app.ts';
import type { Check } from '../app-check.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { checkAccounts, checkApps, checkLimits, checkSources } from '../doctor/accounts.ts';
import { fail } from '../doctor/checks.ts';
import { checkHome, checkMachine } from '../doctor/machine.ts';
import { checkNetwork } from '../doctor/network.ts';
import { checkMediaHost } from '../host.ts';
import { lineWidth } from '../io.ts';
import { fold } from '../wrap.ts';

interface DoctorOptions {
  offline?: boolean;
  /** File for a bug report. */
  bundle?: string;
}

/** Looks at everything between this machine and the posts. Gives 1 where anything fails. */
export async function doctor(turn: Turn, options: DoctorOptions): Promise<number> {
  const { app, print, paint } = turn;
  const checks = await allChecks(app, options.offline ?? false);
  const failed = checks.filter(({ result }) => result === 'FAIL').length;
  const bundle =
    options.bundle === undefined
      ? null
      : await (await import('../doctor/bundle.ts')).writeBundle(app, checks, options.bundle);
  const colors = { PASS: 'green', WARN: 'yellow', FAIL: 'red' } as const;
  const width = lineWidth(app.io.stdout);
  print({ schemaVersion, ok: failed === 0, checks, bundle }, () =>
    [
      ...checks.map(({ result, title, hint }) =>
        fold(`${result}  ${title}${hint ? `\n      ${hint}` : ''}`, width).replace(result, (word) =>
          paint(colors[result], word),
        ),
      ),
      failed === 0 ? 'All is well.' : `${counted(failed, 'check')} failed.`,
      ...(bundle === null
        ? []
        : [`For a bug report: ${bundle}. Its secrets are masked; look through it before you send it.`]),
    ].join('\n'),
  );
  return failed === 0 ? 0 : 1;
}

async function allChecks(app: App, offline: boolean): Promise<Check[]> {
  const checks: Check[] = [...checkMachine(app), ...(await checkHome(app))];
  // Without database and vault there is nothing more to ask.
  if (checks.some(({ result, title }) => result === 'FAIL' && / (home|vault|database) /u.test(title)))
    return checks;
  if (!offline) checks.push(...(await guarded('the network', () => network(app))));
  checks.push(...(await guarded('the developer apps', () => checkApps(app, offline))));
  checks.push(...(await guarded('the accounts', () => checkAccounts(app, offline))));
  checks.push(...(await guarded('the limits', () => checkLimits(app))));
  checks.push(...(await guarded('the sources', () => checkSources(app, offline))));
  if (!offline) checks.push(...(await guarded('the media host', () => mediaHost(app))));
  return checks;
}

/** A check that breaks is a finding, and no end of the others. */
async function guarded(what: string, check: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await check();
  } catch (error) {
    return [fail(`${what} could not be checked`, error)];
  }
}

/** The platforms that this home has to do with. */
async function network(app: App): Promise<Check[]> {
  const store = await app.store();
  const used = [...(await store.accounts.list()), ...(await store.apps.list())].map(
    ({ platform }) => platform,
  );
  return checkNetwork(app, [...new Set(used)].map(serviceOf));
}

/** Threads and Instagram Login fetch videos from a public address: is it one? */
async function mediaHost(app: App): Promise<Check[]> {
  const found = await checkMediaHost(app);
  return found?.checks.map((check) => ({ ...check, title: `media host: ${check.title}` })) ?? [];
}
