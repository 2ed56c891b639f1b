import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Account } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { Store } from '../../store/types.ts';
import { sourceView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { channelFeed, type FeedAddress, feedAddress } from '../feed-address.ts';
import { findAccount, findSource, findUser } from '../find.ts';
import { relativeText, tableWidth, tallTable } from '../table.ts';

export async function addSource(turn: Turn, options: { as: string }, text: string): Promise<undefined> {
  const { app } = turn;
  const store = await app.store();
  if (/^https?:\/\//iu.test(text))
    return addFeed(turn, feedAddress(text), (await findUser(store, options.as)).name);
  if (/^[a-z]+:@?[\w.-]+$/iu.test(text) || /^\d+$/u.test(text)) {
    const account = await findAccount(store, text);
    if (account.platform === 'youtube') return addFeed(turn, channelFeed(account.remoteId), account.user);
    if (account.platform === 'tiktok') return addAccount(turn, account);
    throw new Failure('E_USAGE', {
      message: `${account.account} can’t be watched: sources are TikTok accounts, YouTube channels, feeds and folders.`,
    });
  }
  return addFolder(turn, resolve(text), (await findUser(store, options.as)).name);
}

async function addAccount({ app, print }: Turn, account: Account): Promise<undefined> {
  const store = await app.store();
  const known = (await store.sources.list()).find((source) => source.accountId === account.id);
  const row =
    known ??
    (await store.sources.add(
      { kind: 'tiktok', accountId: account.id, locator: null, name: account.account, user: account.user },
      app.clock.now(),
    ));
  print(sourceView(row), () => `${row.name} is ${known ? 'already ' : ''}watched.`);
}

async function addFolder({ app, print, note }: Turn, path: string, user: string): Promise<undefined> {
  const store = await app.store();
  if (!isFolder(path)) throw new Failure('E_MEDIA_FOLDER', { message: `There is no folder ${path}.` });
  await refuseTwice(store, path);
  const row = await store.sources.add(
    { kind: 'folder', accountId: null, locator: path, name: path, user },
    app.clock.now(),
  );
  app.nudge();
  print(sourceView(row), () => `Watching ${path}.`);
  note(`Next: repost rule add --from ${path} --to ACCOUNT`);
}

/** A feed is looked at once, so that a wrong address is found now. */
async function addFeed({ app, print, note }: Turn, feed: FeedAddress, user: string): Promise<undefined> {
  const store = await app.store();
  await refuseTwice(store, feed.url);
  const { feedSource } = await import('../../platforms/feed.ts');
  const http = (await app.net()).plain();
  const context = { http, locator: feed.url, clock: app.clock, known: () => false, since: 0 };
  const items = await feedSource.poll(context);
  const owner = (await store.accounts.list()).find(
    ({ platform, remoteId }) => platform === 'youtube' && remoteId === feed.channelId,
  );
  const row = await store.sources.add(
    {
      kind: 'feed',
      accountId: owner?.id ?? null,
      locator: feed.url,
      name: owner?.account ?? feed.url,
      user,
    },
    app.clock.now(),
  );
  app.nudge();
  print(
    { ...sourceView(row), videos: items.length },
    () => `Watching ${row.name}; it shows ${counted(items.length, 'video')}.`,
  );
  note('Watch only what is your own: its videos are posted under your name.');
  if (feed.channelId !== undefined)
    note('YouTube’s feed names no files: give the rule --media folder:DIR, or yt-dlp where you may.');
  note(`Next: repost rule add --from ${row.name} --to ACCOUNT`);
}

async function refuseTwice(store: Store, locator: string): Promise<void> {
  if ((await store.sources.list()).some((source) => source.locator === locator))
    throw new Failure('E_EXISTS', { message: `${locator} is watched already.` });
}

export async function listSources({ app, print }: Turn): Promise<undefined> {
  const rows = await (await app.store()).sources.list();
  const now = app.clock.now();
  print(rows.map(sourceView), () =>
    rows.length === 0
      ? 'No sources yet. A TikTok account is one once it is signed in: repost login tiktok'
      : tallTable(
          ['SOURCE', 'LAST GOOD POLL', 'NEXT', 'ERROR'],
          rows.map((row) => [
            row.name,
            row.lastGoodPollAt === null ? 'never' : relativeText(row.lastGoodPollAt, now),
            row.paused ? 'paused' : relativeText(row.nextPollAt, now),
            row.error ? `${row.error.message} (${row.error.code})` : '',
          ]),
          tableWidth(app.io),
        ),
  );
}

export async function removeSource(
  { app, print }: Turn,
  _options: unknown,
  text: string,
): Promise<undefined> {
  const store = await app.store();
  const row = await findSource(store, text);
  const used = await store.rules.list({ sourceId: row.id });
  if (used.length > 0) {
    throw new Failure('E_WRONG_STATE', {
      message: `${row.name} is used by ${used.map((rule) => `“${rule.name}”`).join(', ')}.`,
      hint: 'Remove the rules first.',
      command: `repost rule remove ${used[0]?.name}`,
    });
  }
  await store.sources.remove(row.id);
  app.nudge();
  print(sourceView(row), () => `${row.name} is no longer watched.`);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
