import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { Failure } from '../../core/failure.ts';
import type { LedgerMark, MarkFate, Store } from '../../store/types.ts';
import { ledgerView } from '../../web/ledger-view.ts';
import { iso, schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { findAccount, findSource } from '../find.ts';
import { LEDGER_VERSION, type LedgerLine, readLedger } from '../ledger-lines.ts';
import { streamOf } from '../out.ts';

/** Rows that are in memory at once. */
const PAGE = 500;

/** Writes what went where as JSON lines, to stdout or a new file. */
export async function exportLedger(
  turn: Turn,
  _options: unknown,
  file: string | undefined,
): Promise<undefined> {
  const { app, note } = turn;
  const { ledger } = await app.store();
  const out = file === undefined ? streamOf(app.io.stdout) : await openNew(resolve(file));
  let count = 0;
  await writeLine(out, { repostLedger: LEDGER_VERSION, exportedAt: iso(app.clock.now()) });
  for (let after = 0; ; ) {
    const rows = await ledger.page(after, PAGE);
    for (const row of rows) await writeLine(out, ledgerView(row));
    count += rows.length;
    const last = rows.at(-1);
    if (!last) break;
    after = last.jobId;
  }
  if (file === undefined) return;
  out.end();
  await once(out, 'finish');
  if (turn.json) turn.print({ schemaVersion, path: resolve(file), lines: count }, () => '');
  note(`${counted(count, 'line')} written to ${resolve(file)}.`);
}

async function openNew(path: string): Promise<Writable> {
  const out = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  try {
    await once(out, 'open');
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new Failure(exists ? 'E_EXISTS' : 'E_HOME', {
      message: exists ? `${path} exists already.` : `${path} can’t be written: ${String(error)}.`,
    });
  }
  return out;
}

async function writeLine(out: Writable, value: unknown): Promise<void> {
  if (!out.write(`${JSON.stringify(value)}\n`)) await once(out, 'drain');
}

type Tally = Record<MarkFate | 'otherStates', number>;

/**
 * Marks what another tool posted as published here, so that nothing goes out a second time. The whole file is read
 * and understood before anything is written; a second import of it changes nothing.
 */
export async function importLedger(
  { app, print }: Turn,
  options: { dryRun?: boolean },
  file: string,
): Promise<undefined> {
  const path = resolve(file);
  const store = await app.store();
  const meet = acquaintances(store, path);
  const check: Tally = { marked: 0, known: 0, running: 0, otherStates: 0 };
  await inPages(readLedger(path, app.clock.now()), meet, check, (marks) => store.ledger.look(marks));
  const tally: Tally = options.dryRun ? check : { marked: 0, known: 0, running: 0, otherStates: 0 };
  if (!options.dryRun) {
    await inPages(readLedger(path, app.clock.now()), meet, tally, (marks) =>
      store.ledger.mark(marks, app.clock.now()),
    );
    app.nudge();
  }
  print({ schemaVersion, dryRun: options.dryRun ?? false, ...tally }, () =>
    [
      `${tally.marked} ${options.dryRun ? 'would be' : 'are now'} marked as posted; ${tally.known} were known already.`,
      ...(tally.running > 0
        ? [`${tally.running} run right now and were left alone: import again when they have ended.`]
        : []),
      ...(tally.otherStates > 0
        ? [`${tally.otherStates} were not published there and were passed over.`]
        : []),
    ].join('\n'),
  );
}

type Meet = (line: LedgerLine) => Promise<LedgerMark>;

/** Sources and accounts by the names a ledger calls them. Throws E_LEDGER where one is not here. */
function acquaintances(store: Store, path: string): Meet {
  const sources = new Map<string, number>();
  const accounts = new Map<string, number>();
  const ask = async (known: Map<string, number>, name: string, line: number, find: () => Promise<number>) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    try {
      const id = await find();
      known.set(name, id);
      return id;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure('E_LEDGER', {
        message: `${path}, line ${line}: ${error.message}`,
        hint: error.hint,
      });
    }
  };
  return async (line) => ({
    sourceId: await ask(
      sources,
      line.source,
      line.number,
      async () => (await findSource(store, line.source)).id,
    ),
    accountId: await ask(
      accounts,
      line.account,
      line.number,
      async () => (await findAccount(store, line.account)).id,
    ),
    video: line.video,
    videoUrl: line.videoUrl ?? '',
    caption: line.caption,
    videoAt: line.videoAt ?? line.at,
    post: { ...line.post, publishedAt: line.at },
  });
}

async function inPages(
  lines: AsyncIterable<LedgerLine>,
  meet: Meet,
  tally: Tally,
  work: (marks: readonly LedgerMark[]) => Promise<MarkFate[]>,
): Promise<void> {
  let page: LedgerMark[] = [];
  const end = async () => {
    for (const fate of await work(page)) tally[fate] += 1;
    page = [];
  };
  for await (const line of lines) {
    if (line.state !== 'published') tally.otherStates += 1;
    else page.push(await meet(line));
    if (page.length >= PAGE) await end();
  }
  await end();
}
