import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { helpFile } from '../../src/cli/help.ts';
import { helpFiles } from '../../src/cli/man.ts';
import { plainLine } from '../../src/cli/plain-line.ts';
import { allCommands, buildProgram } from '../../src/cli/program.ts';

function wholeTree() {
  const stream = new PassThrough();
  const io = { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} };
  return buildProgram({ io, exit: () => undefined });
}

/** What Commander makes of a line. */
async function asTree(args: readonly string[]) {
  const program = wholeTree();
  const seen: { words: string; options: object }[] = [];
  for (const command of allCommands(program))
    if (command.commands.length === 0)
      command.action(() => {
        const group = command.parent?.parent ? `${command.parent.name()} ` : '';
        const { input: _, ...options } = command.optsWithGlobals();
        seen.push({ words: group + command.name(), options });
      });
  await program.parseAsync([...args], { from: 'user' });
  return seen;
}

describe('a line that only looks', () => {
  it.each([
    'status',
    'status --json',
    'jobs',
    'job',
    'jobs list',
    'jobs --limit 3',
    'jobs list --state dead,unknown --limit 20 --json --no-input',
    'job list --reason quota --platform x --account x:@me --since 2h',
    'jobs list --limit 3 --limit 5',
    'posts',
    'post --platform youtube --since 2026-01-01',
    'videos',
    'video --json',
    'videos list --source tiktok:@creator',
  ])('%s is understood as Commander does', async (text) => {
    const args = text.split(' ');
    const { words, options } = plainLine(args)?.line ?? {};
    expect([{ words, options }]).toEqual(await asTree(args));
  });

  it.each([
    [''],
    ['status', 'now'],
    ['status', '--help'],
    ['jobs', 'show', '3'],
    ['jobs', 'list', 'list'],
    ['jobs', '--limit'],
    ['jobs', '--limit', '-3'],
    ['jobs', '--limit=3'],
    ['jobs', '--source', 'x'],
    ['jobs', '--constructor', 'x'],
    ['posts', 'list'],
    ['videos', 'check', '7'],
    ['--json', 'status'],
    ['constructor'],
    ['rule'],
  ])('is none of %j: Commander reads it', (...args) => {
    expect(plainLine(args)).toBeUndefined();
  });

  it('begins with a word for which the program takes its quick script', () => {
    const bin = readFileSync(fileURLToPath(new URL('../../bin/repost', import.meta.url)), 'utf8');
    const quick = new RegExp(/\/(\^\(\?:status.+\$)\//u.exec(bin)?.[1] ?? '', 'u');
    const words = allCommands(wholeTree()).map((command) => command.name());
    for (const word of new Set([...words, 'post', 'video', 'job', 'account']))
      expect(quick.test(word), word).toBe(plainLine([word]) !== undefined);
  });
});

it('finds the help of every command where the build wrote it', () => {
  const files = helpFiles();
  expect(files.size).toBeGreaterThan(100);
  for (const [file, text] of files) {
    const written = fileURLToPath(new URL(`../../dist/help/${file}`, import.meta.url));
    expect(readFileSync(written, 'utf8'), file).toBe(text);
  }
  expect([...files.keys()]).toContain(helpFile(['rule', 'add']));
});
