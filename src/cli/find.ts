import type { Account } from '../core/account.ts';
import { Failure } from '../core/failure.ts';
import { isPlatformId, type PlatformId, platformIds } from '../core/names.ts';
import type { Rule } from '../core/rule.ts';
import type { JobView, SourceRow, Store, UserRow } from '../store/types.ts';
import { allUsers } from '../web/users.ts';

/** A platform by its name. Throws E_UNKNOWN_PLATFORM (exit 2) with the list. */
export function findPlatform(text: string): PlatformId {
  const name = text.toLowerCase();
  if (isPlatformId(name)) return name;
  if (name === 'twitter') return 'x';
  throw new Failure('E_UNKNOWN_PLATFORM', {
    message: `There is no platform “${text}”.`,
    hint: `Platforms: ${platformIds.join(', ')}.`,
  });
}

/** An account by `platform:handle` (with or without @), by its id, or by its platform where it has one account only. */
export async function findAccount(store: Store, text: string): Promise<Account> {
  const accounts = await store.accounts.list();
  const [platformText = '', ...rest] = text.split(':');
  const handle = rest.join(':').toLowerCase().replace(/^@/u, '');
  const fits = accounts.filter((account) => {
    if (/^\d+$/u.test(text)) return account.id === Number(text);
    if (account.platform !== platformText.toLowerCase()) return false;
    return (
      rest.length === 0 ||
      account.handle.toLowerCase().replace(/^@/u, '') === handle ||
      account.remoteId.toLowerCase() === handle
    );
  });
  const [only, second] = fits;
  if (only && !second) return only;
  const known = accounts.map((account) => account.account).join(', ');
  if (second) {
    throw new Failure('E_AMBIGUOUS_ACCOUNT', {
      message: `“${text}” fits ${fits.map((one) => one.account).join(', ')}.`,
    });
  }
  const platform = isPlatformId(platformText.toLowerCase()) ? platformText.toLowerCase() : undefined;
  throw new Failure('E_UNKNOWN_ACCOUNT', {
    message: `No account “${text}” is signed in.`,
    hint: known ? `Signed in: ${known}.` : 'No account is signed in yet.',
    command: `repost login ${platform ?? 'PLATFORM'}`,
  });
}

/** A rule by its name or id. */
export async function findRule(store: Store, text: string): Promise<Rule> {
  const rules = await store.rules.list();
  const found = rules.find((rule) => rule.name === text) ?? rules.find((rule) => String(rule.id) === text);
  if (found) return found;
  throw new Failure('E_NOT_FOUND', {
    message: `There is no rule “${text}”.`,
    hint:
      rules.length > 0 ? `Rules: ${rules.map((rule) => rule.name).join(', ')}.` : 'There are no rules yet.',
    command: 'repost rule list',
  });
}

/** A source by its name (`tiktok:@creator`, a path) or id. */
export async function findSource(store: Store, text: string): Promise<SourceRow> {
  const sources = await store.sources.list();
  const bare = text.toLowerCase().replace(/:@?/u, ':');
  const found =
    sources.find((source) => source.name.toLowerCase().replace(/:@?/u, ':') === bare) ??
    sources.find((source) => String(source.id) === text);
  if (found) return found;
  throw new Failure('E_NOT_FOUND', {
    message: `There is no source “${text}”.`,
    hint:
      sources.length > 0
        ? `Sources: ${sources.map((source) => source.name).join(', ')}.`
        : 'A TikTok account is a source once it is signed in.',
    command: sources.length > 0 ? 'repost source list' : 'repost login tiktok',
  });
}

/** A job by its id. */
export async function findJob(store: Store, text: string): Promise<JobView> {
  const job = await store.jobs.get(wholeNumber(text, 'A job’s id'));
  if (job) return job;
  throw new Failure('E_NOT_FOUND', { message: `There is no job ${text}.`, command: 'repost jobs list' });
}

/** A whole number from the command line. Throws E_USAGE. */
export function wholeNumber(text: string, what: string): number {
  if (/^\d{1,15}$/u.test(text)) return Number(text);
  throw new Failure('E_USAGE', { message: `${what} must be a whole number, not “${text}”.` });
}

/** A user by name. */
export async function findUser(store: Store, name: string): Promise<UserRow> {
  const users = await allUsers(store);
  const found = users.find((user) => user.name === name);
  if (found) return found;
  throw new Failure('E_NOT_FOUND', {
    message: `There is no user “${name}”.`,
    hint: `Users: ${users.map((user) => user.name).join(', ')}.`,
    command: `repost users add NAME`,
  });
}
