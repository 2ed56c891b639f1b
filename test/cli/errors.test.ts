import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { allCommands, buildProgram } from '../../src/cli/program.ts';
import { cellWidth } from '../../src/cli/table.ts';
import { codes, type ErrorCode } from '../../src/core/codes.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal({ env: { HOME: tmpdir() }, columns: 80 });
const every = Object.keys(codes) as ErrorCode[];

const stream = new PassThrough();
const io = { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} };
const known = new Set([
  'help',
  ...allCommands(buildProgram({ io, exit: () => undefined })).flatMap((command) => [
    command.name(),
    `${command.parent?.name()} ${command.name()}`,
  ]),
]);

it('explains every code there is: what happened, whose side, what to do, in 80 columns', async () => {
  expect(every.length).toBeGreaterThan(80);
  for (const code of every) {
    const { code: exit, out, err } = await terminal.run(['errors', 'explain', code]);
    expect({ exit, err }, code).toEqual({ exit: 0, err: '' });
    expect(out, code).toMatch(
      new RegExp(`^${code}: [\\s\\S]+\nclass {6}\\S+, \\S[\\s\\S]*\nexit code {2}\\d+\ndo {9}\\S`, 'u'),
    );
    for (const line of out.split('\n').filter((one) => !one.includes('$ ')))
      expect(cellWidth(line), line).toBeLessThanOrEqual(80);
  }
});

it('names only commands that there are as the way out', () => {
  for (const code of every) {
    const { command } = codes[code] as { command?: string };
    if (!command?.startsWith('repost ')) continue;
    const [, first = '', second = ''] = command.split(' ');
    const isGroup = [...known].some((one) => one.startsWith(`${first} `));
    expect(known, `${code}: ${command}`).toContain(first);
    if (isGroup && /^[a-z-]+$/u.test(second))
      expect(known, `${code}: ${command}`).toContain(`${first} ${second}`);
  }
});
