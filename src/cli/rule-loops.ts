import type { Account } from '../core/account.ts';
import { Failure } from '../core/failure.ts';
import { findLoop, type Way, waysOf } from '../core/loops.ts';
import type { Rule } from '../core/rule.ts';
import { platformOf } from '../platforms/index.ts';
import type { Store } from '../store/types.ts';

type Ways = Pick<Rule, 'name' | 'sourceId' | 'destinations'>;

/**
 * Throws E_RULE where this rule, beside those that there are, would bring an account’s videos back to it. `beside`:
 * rules that are not stored yet, such as others of the same file; each stands in place of a stored one of its name.
 */
export async function refuseLoop(
  store: Store,
  rule: Ways & { id?: number },
  beside: readonly Ways[] = [],
): Promise<void> {
  const replaced = new Set(beside.map(({ name }) => name));
  const stored = (await store.rules.list()).filter(({ id, name }) => id !== rule.id && !replaced.has(name));
  const fresh = beside.filter(({ name }) => name !== rule.name);
  const loop = findLoop(waysOf([...stored, ...fresh, rule], await store.sources.list()));
  if (!loop) return;
  const accounts = await store.accounts.list();
  const name = (id: number) => accounts.find((account) => account.id === id)?.account ?? `account ${id}`;
  throw new Failure('E_RULE', {
    message: `That would be a loop: ${sayLoop(loop, name)}.`,
    hint: 'Every video would come back to where it began. Leave one of these ways out.',
  });
}

function sayLoop(loop: readonly Way[], name: (id: number) => string): string {
  const [first] = loop;
  const steps = loop.map(({ to, rule }) => `${name(to)} (${rule})`);
  return [name(first?.from ?? 0), ...steps].join(' → ');
}

/** Throws E_SCOPES where the account signed in to be watched only. */
export function requirePosting(account: Account): void {
  const platform = platformOf(account.platform);
  if (!platform.otherSignIns?.['posting'] || account.settings['signIn'] === 'posting') return;
  throw new Failure('E_SCOPES', {
    message: `${account.account} signed in to be watched, not to be posted to.`,
    hint: 'Sign in once more for posting, and leave all boxes ticked.',
    command: `repost login ${account.platform} --for-posting --account ${account.handle}`,
  });
}
