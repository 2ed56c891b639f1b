import { graphemes, isSimple } from '../core/graphemes.ts';
import { harmless, type Io, lineWidth } from './io.ts';

/** What a terminal shows in a line; what goes elsewhere is never cut. */
export function tableWidth(io: Io): number {
  return lineWidth(io.stdout);
}

/** Columns of a terminal cell: wide characters and emoji take two, combining marks none. */
export function cellWidth(text: string): number {
  if (isSimple(text)) return text.length;
  let width = 0;
  for (const segment of graphemes(text)) {
    width +=
      /[\p{Extended_Pictographic}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
        segment,
      )
        ? 2
        : 1;
  }
  return width;
}

function cut(text: string, max: number): string {
  if (cellWidth(text) <= max) return text;
  let width = 0;
  let kept = '';
  for (const segment of graphemes(text)) {
    width += cellWidth(segment);
    if (width > max - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

const pad = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - cellWidth(text)));

/**
 * A table for people, at most `columns` wide: the column named `flex` gives way, and where that is not enough the
 * last one stands below. Cells are made harmless. Rows and head have the same length.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Number.POSITIVE_INFINITY,
  flex = head.length - 1,
): string {
  const flat = lines([head, ...rows], columns, flex);
  return fits(flat, columns) ? flat.join('\n') : tallTable(head, rows, columns);
}

const fits = (rows: readonly string[], columns: number) => rows.every((row) => cellWidth(row) <= columns);

/**
 * A table whose last column must not be cut (an address, an error): where it does not fit, it stands below its
 * row, indented. The column before it gives way; where that is not enough, it stands below too, and so on.
 */
export function tallTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): string {
  const flat = lines([head, ...rows]);
  if (fits(flat, columns)) return flat.join('\n');
  for (let kept = head.length - 1; ; kept -= 1) {
    const short = lines(
      [head, ...rows].map((row) => row.slice(0, kept)),
      columns,
      kept - 1,
    );
    if (!fits(short, columns) && kept > 1) continue;
    return [short[0], ...rows.flatMap((row, index) => [short[index + 1], below(row.slice(kept))])]
      .filter((line) => line !== undefined && line !== '')
      .join('\n');
  }
}

function below(cells: readonly string[]): string {
  const told = cells.filter((cell) => cell !== '').map(harmless);
  return told.length === 0 ? '' : `  ${told.join('  ')}`;
}

/** The lines of a table without a head. */
export function lines(
  rows: readonly (readonly string[])[],
  columns = Number.POSITIVE_INFINITY,
  flex = 0,
): string[] {
  const cells = rows.map((row) => row.map(harmless));
  const widths = (cells[0] ?? []).map((_, index) =>
    Math.max(...cells.map((row) => cellWidth(row[index] ?? ''))),
  );
  const total = widths.reduce((sum, width) => sum + width + 2, -2);
  const flexible = widths[flex];
  if (total > columns && flexible !== undefined) widths[flex] = Math.max(8, flexible - (total - columns));
  return cells.map((row) =>
    row
      .map((cell, index) => pad(cut(cell, widths[index] ?? 0), widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `41 s`, `3 min`, `2 h 5 min`, `4 days`. */
export function spanText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** `in 41 s`, `3 min ago`, `now`. */
export function relativeText(at: number, now: number): string {
  if (Math.abs(at - now) < 1000) return 'now';
  return at > now ? `in ${spanText(at - now)}` : `${spanText(now - at)} ago`;
}

/** `13:15:02` in the given zone; empty: the machine’s own. */
export function clockText(at: number, timeZone: string): string {
  const zone = timeZone === '' ? {} : { timeZone };
  return new Intl.DateTimeFormat('sv-SE', { ...zone, timeStyle: 'medium' }).format(at);
}

/** `██████████░░░░░░░░░░  50 %`. */
export function bar(done: number, total: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(share * 20);
  return `${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${String(Math.round(share * 100)).padStart(3)} %`;
}
