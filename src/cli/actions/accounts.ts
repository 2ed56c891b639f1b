import type { Account } from '../../core/account.ts';
import { asFailure } from '../../core/failure.ts';
import { errorOf } from '../../core/job.ts';
import { signInEnd } from '../../core/sign-in-end.ts';
import { openMeter } from '../../engine/meter.ts';
import { serviceOf } from '../../platforms/index.ts';
import { signInView } from '../../web/sign-in-view.ts';
import { accountView, limitView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { hostOf } from '../connect.ts';
import { findAccount } from '../find.ts';
import { limitStates } from '../limits.ts';
import { spanText, table, tableWidth } from '../table.ts';

export async function listAccounts({ app, print, note, paint }: Turn): Promise<undefined> {
  const store = await app.store();
  const accounts = await store.accounts.list();
  const [rules, sources] = [await store.rules.list(), await store.sources.list()];
  const now = app.clock.now();
  const outlooks = accounts.map((account) => ({ account, signIn: signInView(account, rules, sources, now) }));
  print(
    outlooks.map(({ account, signIn }) => ({ ...accountView(account), signIn })),
    () =>
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
  for (const { account, signIn } of outlooks) {
    const [first, ...rest] = warningLines(account, signIn);
    if (first !== undefined) note([`${paint('yellow', first)}`, ...rest].join('\n'));
  }
}

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

function forecast(account: Account, now: number): string {
  const { state, endsAt, daysLeft, cause } = signInEnd(account, now);
  if (state === 'ended') return 'ended: sign in again';
  if (endsAt === null || daysLeft === null) return 'until revoked';
  if (cause === 'google-testing') return `${spanText(endsAt - now)}: Google project in Testing`;
  return `renews itself; ${spanText(endsAt - now)} if unused`;
}

/** One line for each sign-in that has ended or is about to: when, why, which rules stop, and what to do. */
function warningLines(account: Account, { state, endsAt, warning, advice, stops }: Outlook): string[] {
  if (state !== 'ended' && warning === null) return [];
  const when =
    state === 'ended'
      ? 'must sign in again'
      : `ends on ${endsAt?.slice(0, 16).replace('T', ' ')} UTC unless it is renewed`;
  const rules = stops.length === 0 ? '' : ` Then these rules stop there: ${stops.join(', ')}.`;
  return [
    `${account.account} ${when}.${rules}${advice ? ` ${advice}` : ''}`,
    `  $ repost login ${account.platform} --account ${account.handle}`,
  ];
}

type Outlook = ReturnType<typeof signInView>;
