import { Failure } from '../core/failure.ts';
import type { Store, UserRow } from '../store/types.ts';

export interface Holdings {
  accounts: number;
  sources: number;
  rules: number;
}

/** The person at the machine, who needs no row: admin, without limits. */
const person: UserRow = { name: 'me', role: 'admin', limits: {}, createdAt: 0 };

/** All users, the person at the machine first. */
export async function allUsers(store: Store): Promise<UserRow[]> {
  const rows = await store.users.list();
  return [rows.find(({ name }) => name === 'me') ?? person, ...rows.filter(({ name }) => name !== 'me')];
}

/** What a user owns on this machine. */
export async function countHoldings(store: Store, name: string): Promise<Holdings> {
  const [accounts, sources, rules] = await Promise.all([
    store.accounts.list(),
    store.sources.list(),
    store.rules.list(),
  ]);
  const owned = (rows: readonly { user: string }[]) => rows.filter(({ user }) => user === name).length;
  return { accounts: owned(accounts), sources: owned(sources), rules: owned(rules) };
}

/** Removes a user with all tokens. Throws E_WRONG_STATE while the user owns something. */
export async function removeFreeUser(store: Store, { name }: UserRow, has: Holdings): Promise<void> {
  if (name === 'me')
    throw new Failure('E_WRONG_STATE', { message: '“me” is the person at this machine, and stays.' });
  if (has.accounts + has.sources + has.rules > 0) {
    throw new Failure('E_WRONG_STATE', {
      message: `${name} owns ${has.accounts} account(s), ${has.sources} source(s) and ${has.rules} rule(s).`,
      hint: 'Remove them first: nothing may be left without an owner.',
      command: `repost users list`,
    });
  }
  await store.users.remove(name);
  await store.credentials.removeOf(name);
}
