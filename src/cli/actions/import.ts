import { resolve } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { runBackfills } from '../../engine/backfill.ts';
import type { EngineDeps } from '../../engine/deps.ts';
import { asStored, outlookOf, planImport, runImport } from '../../engine/import.ts';
import { sourceContext } from '../../engine/still-public.ts';
import { pollSource } from '../../engine/watcher.ts';
import { readExport } from '../../media/export-file.ts';
import type { SourceRow, Store, VideoRow } from '../../store/types.ts';
import type { Turn } from '../command.ts';
import { openEngine } from '../engine.ts';
import { findSource } from '../find.ts';
import { importText, importView } from '../import-view.ts';
import { rememberImport } from '../imports.ts';
import { zoneOfHome } from '../rule-flags.ts';
import { sourceFor } from '../rule-parts.ts';

interface ImportOptions {
  source?: string;
  dryRun?: boolean;
}

/** Takes in TikTok's data export, and says what is posted of it before it is. */
export async function importExport(turn: Turn, options: ImportOptions, file: string): Promise<undefined> {
  const { app, print, note } = turn;
  const path = resolve(file);
  const { posts, owner } = await readExport(path);
  const store = await app.store();
  const dryRun = options.dryRun ?? false;
  const { deps } = await openEngine(app);
  const known = await sourceOf(turn, store, options, dryRun);
  checkOwner(known, owner, options);
  const { row, unstored } = await looked(deps, known, dryRun);
  const plan = await planImport(store, row, posts, unstored);
  const outlook = await outlookOf(deps, row, plan, app.clock, unstored);
  const zone = zoneOfHome(app.config);
  const told = { file: path, row, posts, plan, outlook, dryRun, zone, now: app.clock.now() };
  const view = importView(told, deps.registry);
  if (!dryRun) {
    if (!turn.json) app.io.stderr.write(`${importText(told, view)}\n`);
    await runImport(store, row, plan, app.clock.now());
    await rememberImport(store, row, path, posts);
    await runBackfills(deps, row.id);
    app.nudge();
  }
  print(view, () => (dryRun ? importText(told, view) : 'Imported.'));
  if (dryRun) note('Nothing was changed: --dry-run.');
}

async function sourceOf(
  turn: Turn,
  store: Store,
  { source }: ImportOptions,
  dryRun: boolean,
): Promise<SourceRow> {
  const watched = (await store.sources.list()).filter(({ kind }) => kind === 'tiktok');
  if (source !== undefined) {
    const row = dryRun ? await findSource(store, source) : await sourceFor(turn, store, source);
    if (row.kind === 'tiktok') return row;
    throw new Failure('E_USAGE', { message: `${row.name} is no TikTok account: it has no such export.` });
  }
  const [only, another] = watched;
  if (only && !another) return only;
  if (another)
    throw new Failure('E_MISSING_ANSWER', {
      message: `Several TikTok accounts are watched: ${watched.map(({ name }) => name).join(', ')}.`,
      hint: 'Give --source ACCOUNT.',
    });
  const accounts = (await store.accounts.list()).filter(({ platform }) => platform === 'tiktok');
  if (accounts.length === 1 && !dryRun) return sourceFor(turn, store, accounts[0]?.account ?? '');
  throw new Failure('E_NOT_FOUND', {
    message: 'No TikTok account is watched: nobody knows whose videos these are.',
    hint: 'Sign in first, then add the account as a source, or a rule that names it.',
    command: accounts[0] ? `repost source add ${accounts[0].account}` : 'repost login tiktok',
  });
}

/** Somebody else's videos must not come out under this account's rules. */
function checkOwner({ name }: SourceRow, owner: string | undefined, { source }: ImportOptions): void {
  const handle = name.replace(/^tiktok:@?/u, '').toLowerCase();
  if (owner === undefined || owner.toLowerCase() === handle) return;
  throw new Failure('E_EXPORT', {
    message: `This is the export of @${owner}, not of ${name}.`,
    hint:
      source === undefined
        ? `Give --source tiktok:@${owner}, or the export of the account that is watched.`
        : 'Name the account that it belongs to.',
  });
}

/**
 * The source as it stands after a first look: only that knows which posts are public, and by which ids. A dry run
 * looks too, and keeps what it saw to itself.
 */
async function looked(
  deps: EngineDeps,
  row: SourceRow,
  dryRun: boolean,
): Promise<{ row: SourceRow; unstored: VideoRow[] }> {
  const { store, clock } = deps;
  if (row.baselineAt !== null) return { row, unstored: [] };
  if (dryRun) {
    const source = deps.registry.source(row.kind);
    const items = (await source?.poll(await sourceContext(deps, row, new Set()))) ?? [];
    const now = clock.now();
    const unstored = items.map((item, index) => asStored(item, row, now, -1_000_000 - index));
    return { row: { ...row, baselineAt: now, lastGoodPollAt: now }, unstored };
  }
  await pollSource(deps, row);
  const after = (await store.sources.get(row.id)) ?? row;
  if (after.baselineAt !== null) return { row: after, unstored: [] };
  const { code = 'E_INTERNAL', message = 'It could not be asked.', hint, command } = after.error ?? {};
  throw new Failure(code, {
    message: `${row.name} must be looked at first, so that nothing comes out twice: ${message}`,
    ...(hint === undefined ? {} : { hint }),
    ...(command === undefined ? {} : { command }),
  });
}
