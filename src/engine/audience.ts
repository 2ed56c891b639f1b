import type { Account } from '../core/account.ts';
import type { Platform, Post } from '../core/platform.ts';
import type { EngineDeps } from './deps.ts';

/** Where it is kept who sees what an account posts; without one, the beginning of a platform's keys. */
export function audienceKey(platform: Platform['id'], accountId?: number): string {
  return `audience.${platform}.${accountId ?? ''}`;
}

/**
 * Says who sees an account's posts, as the platform told it after the upload: with the first post, and when it changes.
 * Where a platform doesn't tell, says once what to look at.
 */
export async function noteAudience(
  { store, emit }: Pick<EngineDeps, 'store' | 'emit'>,
  platform: Platform,
  account: Pick<Account, 'id' | 'account'>,
  post: Post,
): Promise<void> {
  const told = post.audience ?? (platform.audienceUntold === undefined ? undefined : 'untold');
  if (told === undefined) return;
  const key = audienceKey(platform.id, account.id);
  if ((await store.meta.get(key)) === told) return;
  emit({ kind: 'notice', message: sentenceOf(platform, account.account, post, told) });
  await store.meta.set(key, told);
}

function sentenceOf(
  { name, audienceUntold = '' }: Platform,
  account: string,
  { url, id }: Post,
  told: NonNullable<Post['audience']> | 'untold',
): string {
  const where = url ?? id;
  if (told === 'untold') return `${account}, ${where}: ${audienceUntold}`;
  return told === 'as wished'
    ? `${account}: ${name} was asked who sees ${where}: all whom the rule wished for. This is said once.`
    : `${account}: ${name} was asked who sees ${where}: only you. The post’s note says why (repost posts).`;
}
