import { asFailure } from '../../core/failure.ts';
import { errorOf } from '../../core/job.ts';
import { openMeter } from '../../engine/meter.ts';
import { serviceOf } from '../../platforms/index.ts';
import { signInView } from '../../web/sign-in-view.ts';
import { accountView, limitView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { hostOf } from '../connect.ts';
import { findAccount } from '../find.ts';
import { limitStates } from '../limits.ts';
import { table } from '../table.ts';
import { forecast, warningLines } from './accounts-list.ts';

export async function showAccount({ app, print }: Turn, _options: unknown, text: string): Promise<undefined> {
  const store = await app.store();
  const account = await findAccount(store, text);
  const now = app.clock.now();
  const limits = await limitStates(store, [account], now);
  const signIn = signInView(account, await store.rules.list(), await store.sources.list(), now);
  print({ ...accountView(account), signIn, limits: limits.map(limitView) }, () =>
    [
      `account  ${account.account} (${account.name})`,
      `id       ${account.remoteId}`,
      `user     ${account.user}`,
      `status   ${account.status}${account.paused ? ', paused' : ''}`,
      `lasts    ${forecast(account, now)}`,
      ...warningLines(account, signIn).map((line) => `soon     ${line}`),
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
