import type { Account } from '../../core/account.ts';
import { signInEnd } from '../../core/sign-in-end.ts';
import { signInView } from '../../web/sign-in-view.ts';
import { accountView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
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

/** How long the sign-in lasts. */
export function forecast(account: Account, now: number): string {
  const { state, endsAt, daysLeft, cause } = signInEnd(account, now);
  if (state === 'ended') return 'ended: sign in again';
  if (endsAt === null || daysLeft === null) return 'until revoked';
  if (cause === 'google-testing') return `${spanText(endsAt - now)}: Google project in Testing`;
  return `renews itself; ${spanText(endsAt - now)} if unused`;
}

/** One line for each sign-in that has ended or is about to: when, why, which rules stop, and what to do. */
export function warningLines(account: Account, { state, endsAt, warning, advice, stops }: Outlook): string[] {
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
