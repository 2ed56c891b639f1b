import type { Account } from '../../core/account.ts';
import { asFailure, Failure } from '../../core/failure.ts';
import { readQuarantine, releaseQuarantine, strangePosts } from '../../engine/guard.ts';
import { openMeter } from '../../engine/meter.ts';
import { platformOf } from '../../platforms/index.ts';
import { iso, schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findAccount } from '../find.ts';
import { harmless, shorten } from '../io.ts';

export async function showQuarantine({ app, print }: Turn): Promise<undefined> {
  const store = await app.store();
  const quarantine = await readQuarantine(store);
  if (!quarantine)
    return print({ schemaVersion, quarantine: null, accounts: [] }, () => 'Nothing is held.') as undefined;
  const net = await app.net();
  const held = (await store.accounts.list()).filter(
    (one) => isDestination(one) && !quarantine.released.includes(one.id),
  );
  const accounts = await Promise.all(
    held.map(async (account) => {
      const platform = platformOf(account.platform);
      const http = net.connect(
        account,
        platform,
        openMeter({ service: platform, account, limits: store.limits, clock: app.clock }),
      );
      try {
        const posts = await strangePosts(store, platform, account, http, app.clock, quarantine.lookFrom);
        return {
          account: account.account,
          posts: posts?.map((post) => ({ ...post, publishedAt: iso(post.publishedAt) })) ?? null,
          trouble: null,
        };
      } catch (error) {
        return { account: account.account, posts: null, trouble: asFailure(error).message };
      }
    }),
  );
  const { reason, since } = quarantine;
  print({ schemaVersion, quarantine: { reason, since: iso(since) }, accounts }, () =>
    [
      `Held since ${iso(since)}, because ${reason}.`,
      ...accounts.flatMap(({ account, posts, trouble }) => [
        trouble
          ? `${account} could not be read: ${trouble}`
          : posts === null
            ? `${account} can’t be asked; look at it yourself.`
            : posts.length === 0
              ? `${account} shows nothing that repost does not know: it goes on by itself.`
              : `${account} shows what repost does not know:`,
        ...(posts ?? []).map(
          (post) => `  ${post.publishedAt}  ${post.url ?? post.id}  ${harmless(shorten(post.text, 50))}`,
        ),
      ]),
      'Cancel the jobs that are out already (repost jobs list --state waiting; repost jobs cancel ID), then:',
      '  $ repost quarantine release ACCOUNT',
    ].join('\n'),
  );
}

/** Accounts that are only watched have nothing to hold. */
function isDestination({ platform, settings }: Account): boolean {
  return platform !== 'tiktok' || settings['signIn'] === 'posting';
}

export async function release(
  { app, print }: Turn,
  options: { all?: boolean },
  text?: string,
): Promise<undefined> {
  const store = await app.store();
  if (text === undefined && !options.all)
    throw new Failure('E_MISSING_ANSWER', {
      message: 'Which account?',
      hint: 'Name one, or give --all.',
      command: 'repost quarantine',
    });
  const account = text === undefined ? undefined : await findAccount(store, text);
  await releaseQuarantine(store, account?.id);
  const now = app.clock.now();
  for (const one of account ? [account] : await store.accounts.list())
    await store.jobs.hold(one.id, ['paused'], 'ready', now, now);
  app.nudge();
  const left = await readQuarantine(store);
  print(
    { schemaVersion, released: account?.account ?? 'all', quarantine: left ? { reason: left.reason } : null },
    () => `${account?.account ?? 'Everything'} goes out again.`,
  );
}
