import { createHash } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import type { Cell, Row, Side } from './side.ts';
import { type MovedTable, movedTables } from './tables.ts';

/** What a table holds: its rows, and one number for all that is in them. */
export interface TableDigest {
  table: string;
  rows: number;
  sha256: string;
}

/** A server’s text has no NUL; what comes from outside (a caption) may. The store itself does the same. */
const portable = (cell: Cell): Cell => (typeof cell === 'string' ? cell.replaceAll('\0', '\ufffd') : cell);

function digester(table: MovedTable, columns: readonly string[]) {
  const hash = createHash('sha256');
  let rows = 0;
  return {
    add(batch: readonly Row[]): void {
      for (const row of batch) {
        const cells = columns.map((column) => row[column] ?? null);
        hash.update(
          `${JSON.stringify(cells.map((cell) => (cell === Number.POSITIVE_INFINITY ? 'Infinity' : cell)))}\n`,
        );
        rows += 1;
      }
    },
    end: (): TableDigest => ({ table: table.name, rows, sha256: hash.digest('hex') }),
  };
}

/** All rows from one to the other, which is emptied; both have begun. Gives what was read. */
export async function copyTables(from: Side, to: Side): Promise<TableDigest[]> {
  const digests: TableDigest[] = [];
  await to.clear();
  for (const table of movedTables) {
    const columns = await sameColumns(from, to, table);
    const digest = digester(table, columns);
    for await (const batch of from.rows(table, columns)) {
      const rows = batch.map((row) =>
        Object.fromEntries(columns.map((name) => [name, portable(row[name] ?? null)])),
      );
      digest.add(rows);
      await to.insert(table, columns, rows);
    }
    if (table.counted) await to.setCounter(table, await from.counter(table));
    digests.push(digest.end());
  }
  return digests;
}

/** Reads all of a copy again. Throws E_STORE_COPY where it is not what was read from the original. */
export async function verifyTables(copy: Side, expected: readonly TableDigest[]): Promise<void> {
  for (const table of movedTables) {
    const columns = await copy.columns(table);
    const digest = digester(table, columns);
    for await (const rows of copy.rows(table, columns)) digest.add(rows);
    const found = digest.end();
    const wanted = expected.find((one) => one.table === table.name);
    if (found.rows === wanted?.rows && found.sha256 === wanted.sha256) continue;
    throw new Failure('E_STORE_COPY', {
      message: `The table ${table.name} has ${found.rows} rows in the copy and ${wanted?.rows ?? 0} in the original, or they differ.`,
    });
  }
}

async function sameColumns(from: Side, to: Side, table: MovedTable): Promise<string[]> {
  const [columns, others] = [await from.columns(table), await to.columns(table)];
  if (columns.join() === others.join()) return columns;
  throw new Failure('E_INTERNAL', {
    message: `The table ${table.name} has the columns ${columns.join(', ')} here and ${others.join(', ')} there.`,
  });
}
