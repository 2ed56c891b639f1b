import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { sourceView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findAccount, findSource } from '../find.ts';
import { relativeText, tableWidth, tallTable } from '../table.ts';

export async function addSource(turn: Turn, options: { as: string }, text: string): Promise<undefined> {
  const { app, print, note } = turn;
  const store = await app.store();
  const now = app.clock.now();
  const sources = await store.sources.list();
  if (/^[a-z]+:@?[\w.-]+$/iu.test(text) || /^\d+$/u.test(text)) {
    const account = await findAccount(store, text);
    if (account.platform !== 'tiktok') {
      throw new Failure('E_USAGE', {
        message: `${account.account} can’t be watched: only TikTok accounts and folders are sources.`,
      });
    }
    const known = sources.find((source) => source.accountId === account.id);
    const row =
      known ??
      (await store.sources.add(
        { kind: 'tiktok', accountId: account.id, locator: null, name: account.account, user: account.user },
        now,
      ));
    return print(sourceView(row), () => `${row.name} is ${known ? 'already ' : ''}watched.`) as undefined;
  }
  const path = resolve(text);
  if (!isFolder(path)) throw new Failure('E_MEDIA_FOLDER', { message: `There is no folder ${path}.` });
  if (sources.some((source) => source.locator === path))
    throw new Failure('E_EXISTS', { message: `${path} is watched already.` });
  const row = await store.sources.add(
    { kind: 'folder', accountId: null, locator: path, name: path, user: options.as },
    now,
  );
  app.nudge();
  print(sourceView(row), () => `Watching ${path}.`);
  note(`Next: repost rule add --from ${path} --to ACCOUNT`);
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
  const used = (await store.rules.list()).filter((rule) => rule.sourceId === row.id);
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
