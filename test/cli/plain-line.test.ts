import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { helpFile, isCommandWord } from '../../src/cli/help.ts';
import { helpFiles } from '../../src/cli/man.ts';
import { plainLine } from '../../src/cli/plain-line.ts';
import { allCommands, buildProgram } from '../../src/cli/program.ts';

function wholeTree() {
  const stream = new PassThrough();
  const io = { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} };
  return buildProgram({ io, exit: () => undefined });
}

const wordsOf = (command: Command): string =>
  command.parent?.parent ? `${wordsOf(command.parent)} ${command.name()}` : command.name();

/** What Commander makes of a line. */
async function asTree(args: readonly string[]) {
  const program = wholeTree();
  const seen: { words: string; options: object; positional: unknown }[] = [];
  for (const command of allCommands(program))
    if (command.commands.length === 0)
      command.action(() => {
        const { input: _, ...options } = command.optsWithGlobals();
        seen.push({ words: wordsOf(command), options, positional: command.args });
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
    'jobs show 12',
    'job show 12 --raw --json',
    'accounts',
    'account list --json',
    'rule list',
    'rules',
    'limits',
    'limit list',
    'audit --job 12 --since 2h',
    'analytics --by day --csv',
    'analytics --week --json',
  ])('%s is understood as Commander does', async (text) => {
    const args = text.split(' ');
    const { words, options, positional } = plainLine(args)?.line ?? {};
    expect([{ words, options, positional }]).toEqual(await asTree(args));
  });

  it.each([
    [''],
    ['status', 'now'],
    ['status', '--help'],
    ['jobs', 'show'],
    ['jobs', 'show', '--raw'],
    ['jobs', 'show', '3', '4'],
    ['jobs', 'retry', '3'],
    ['limits', 'set', 'x'],
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
    ['rule', 'add'],
    ['audit', 'list'],
  ])('is none of %j: Commander reads it', (...args) => {
    expect(plainLine(args)).toBeUndefined();
  });

  it('begins with a word for which the program takes its quick script', () => {
    const bin = readFileSync(fileURLToPath(new URL('../../bin/repost', import.meta.url)), 'utf8');
    const quick = new RegExp(/\/(\^\(\?:status.+\$)\/;/u.exec(bin)?.[1] ?? '', 'u');
    const lines = allCommands(wholeTree()).map((command) => wordsOf(command));
    for (const line of new Set([...lines, 'post', 'video', 'job', 'job show', 'account', 'rules', 'limit'])) {
      const named = line.replace(/ list$/u, '');
      const id = named.endsWith(' show') ? ['1'] : [];
      expect(quick.test(named), line).toBe(plainLine([...line.split(' '), ...id]) !== undefined);
    }
  });
});

it('finds the help of every command where the build wrote it', () => {
  const files = helpFiles();
  expect(files.size).toBeGreaterThan(100);
  for (const [file, text] of files) {
    const written = fileURLToPath(new URL(`../../dist/help/${file}`, import.meta.url));
    expect(readFileSync(written, 'utf8'), file).toBe(text);
    expect(file.slice(0, -4).split('/').every(isCommandWord), file).toBe(true);
  }
  expect([...files.keys()]).toContain(helpFile(['rule', 'add']));
});
