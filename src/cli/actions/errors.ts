import { codes, type ErrorCode } from '../../core/codes.ts';
import { Failure } from '../../core/failure.ts';
import { schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { exitCodeOf, sides } from '../exit.ts';
import { closest } from '../suggest.ts';
import { table, tableWidth } from '../table.ts';

function errorCodeView(code: ErrorCode) {
  const entry = codes[code];
  return {
    schemaVersion,
    code,
    class: entry.class,
    side: entry.side,
    title: entry.title,
    hint: entry.todo,
    command: entry.command ?? null,
    exitCode: exitCodeOf(new Failure(code)),
  };
}

const allCodes = Object.keys(codes) as ErrorCode[];

export async function listErrors({ app, print }: Turn): Promise<undefined> {
  const views = allCodes.map(errorCodeView);
  print(views, () =>
    table(
      ['CODE', 'CLASS', 'EXIT', 'WHAT HAPPENED'],
      views.map((view) => [view.code, view.class, String(view.exitCode), view.title]),
      tableWidth(app.io),
    ),
  );
}

export async function explainError({ print }: Turn, _options: unknown, text: string): Promise<undefined> {
  const wanted = text.toUpperCase();
  const code = allCodes.find((one) => one === wanted || one === `E_${wanted}`);
  if (!code) {
    const near = closest(wanted, allCodes);
    throw new Failure('E_NOT_FOUND', {
      message: `There is no error code “${text}”.`,
      ...(near ? { hint: `Did you mean ${near}?` } : {}),
      command: 'repost errors list',
    });
  }
  const view = errorCodeView(code);
  print(view, () =>
    [
      `${view.code}: ${view.title}`,
      `class      ${view.class}, ${sides[view.side]}`,
      `exit code  ${view.exitCode}`,
      `do         ${view.hint}`,
      ...(view.command ? [`           $ ${view.command}`] : []),
    ].join('\n'),
  );
}
