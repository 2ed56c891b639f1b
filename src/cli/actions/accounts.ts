import type { Account } from '../../core/account.ts';
import { asFailure } from '../../core/failure.ts';
import { errorOf } from '../../core/job.ts';
import { openMeter } from '../../engine/meter.ts';
import { serviceOf } from '../../platforms/index.ts';
import { accountView, limitView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { hostOf } from '../connect.ts';
import { findAccount } from '../find.ts';
import { limitStates } from '../limits.ts';
import { spanText, table, tableWidth } from '../table.ts';

export async function listAccounts({ app, print, note, paint }: Turn): Promise<undefined> {
  const accounts = await (await app.store()).accounts.list();
  const now = app.clock.now();
  print(accounts.map(accountView), () =>
    accounts.length === 0
      ? 'No accounts yet.\nSign in: repost login tiktok'
      : table(
          ['ID', 'ACCOUNT', 'NAME', 'STATUS', 'SIGN-IN LASTS'],
          accounts.map((account) => [
            String(account.id),
            account.account,
            account.name,
            account.paused ? 'paused' : account.status,
            forecast(account, now),
          ]),
          tableWidth(app.io),
          2,
        ),
  );
  const broken = accounts.filter((account) => account.status === 'login-needed');
  for (const account of broken)
    note(`${paint('yellow', 'sign in again:')} repost login ${account.platform} --account ${account.handle}`);
}

export async function showAccount({ app, print }: Turn, _options: unknown, text: string): Promise<undefined> {
  const store = await app.store();
  const account = await findAccount(store, text);
  const now = app.clock.now();
  const limits = await limitStates(store, [account], now);
  print({ ...accountView(account), limits: limits.map(limitView) }, () =>
    [
      `account  ${account.account} (${account.name})`,
      `id       ${account.remoteId}`,
      `user     ${account.user}`,
      `status   ${account.status}${account.paused ? ', paused' : ''}`,
      `lasts    ${forecast(account, now)}`,
      `scopes   ${account.scopes.join(' ') || '–'}`,
      ...limits.map((limit) => `limit    ${limit.title}: ${limit.left} of ${limit.max} left`),
    ].join('\n'),
  );
}

/** Asks each platform who we are: the cheapest proof that a sign-in works. */
export async function checkAccounts({ app, print }: Turn, _options: unknown, text?: string): Promise<number> {
  const store = await app.store();
  const accounts = text === undefined ? await store.accounts.list() : [await findAccount(store, text)];
  const net = await app.net();
  const results = await Promise.all(
    accounts.map(async (account) => {
      const service = serviceOf(account.platform);
      try {
        const meter = openMeter({ service, account, limits: store.limits, clock: app.clock });
        const http = net.connect(account, service, meter);
        const grant = await net.grantOf(account);
        await service.identities({
          http,
          grant,
          app: await net.developerApp(service, hostOf(account)),
          clock: app.clock,
        });
        return { account: account.account, ok: true, error: null };
      } catch (error) {
        return { account: account.account, ok: false, error: errorOf(asFailure(error)) };
      }
    }),
  );
  print(results, () =>
    table(
      ['ACCOUNT', 'RESULT'],
      results.map((result) => [
        result.account,
        result.ok ? 'works' : `${result.error?.message} (${result.error?.code})`,
      ]),
    ),
  );
  return results.every((result) => result.ok) ? 0 : 4;
}

export const pauseAccount = (turn: Turn, _options: unknown, text: string) => setPaused(turn, true, text);
export const resumeAccount = (turn: Turn, _options: unknown, text: string) => setPaused(turn, false, text);

async function setPaused({ app, print }: Turn, paused: boolean, text: string): Promise<undefined> {
  const store = await app.store();
  const account = await store.accounts.update(
    (await findAccount(store, text)).id,
    { paused },
    app.clock.now(),
  );
  app.nudge();
  print(accountView(account), () => `${account.account} is ${paused ? 'paused: its jobs wait' : 'on'}.`);
}

function forecast(account: Account, now: number): string {
  if (account.status === 'login-needed') return 'ended: sign in again';
  return account.breaksAt === undefined
    ? 'until revoked'
    : `renews itself; ${spanText(account.breaksAt - now)} if unused`;
}
