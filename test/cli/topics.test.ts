import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { manPages } from '../../src/cli/man.ts';
import { allCommands, buildProgram } from '../../src/cli/program.ts';
import { cellWidth } from '../../src/cli/table.ts';
import { topicNamed, topics } from '../../src/cli/topics/index.ts';
import { renderTopic, type Topic } from '../../src/cli/topics/topic.ts';
import { templateFilters, templateVariables } from '../../src/core/template.ts';
import { describeWith } from '../tools.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal({ env: { HOME: tmpdir() } });
const all = await Promise.all(Object.values(topics).map(({ load }) => load()));

const commandLines = (topic: Topic): string[] =>
  topic.blocks.flatMap((block) => (block.kind === 'commands' ? block.lines.map(([line]) => line) : []));

describe('repost help TOPIC', () => {
  it.each(Object.keys(topics))('%s says its piece, in any width', async (name) => {
    const { code, out, err } = await terminal.run(['help', name]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const topic = await topics[name]?.load();
    expect(topic?.name).toBe(name);
    expect(out).toBe(`${renderTopic(topic as Topic, 80)}\n`);
    for (const line of out.split('\n'))
      if (!/^ {2}[$#] /u.test(line)) expect(cellWidth(line), line).toBeLessThanOrEqual(80);
    for (const line of renderTopic(topic as Topic, 40).split('\n'))
      expect(line.trim() === line || line.startsWith('  '), line).toBe(true);
  });

  it('takes a topic of two words, its singular, and --json', async () => {
    expect(topicNamed(['exit', 'codes'])).toBe('exit-codes');
    expect(topicNamed(['state'])).toBe('states');
    expect(topicNamed(['constructor'])).toBeUndefined();
    expect(JSON.parse((await terminal.run(['help', 'vaults', '--json'])).out)).toMatchObject({
      name: 'vaults',
    });
  });

  it('leaves a command of nearly the same name its help', async () => {
    expect((await terminal.run(['help', 'rule', 'add'])).out).toContain('Usage: repost rule add');
    expect((await terminal.run(['help', 'limits'])).out).toContain('repost limits --help');
  });

  it('names only commands that there are', () => {
    const stream = new PassThrough();
    const io = { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} };
    const program = buildProgram({ io, exit: () => undefined });
    const known = new Set(allCommands(program).map((one) => [one.parent?.name(), one.name()].join(' ')));
    for (const line of all.flatMap(commandLines)) {
      if (!line.startsWith('repost ')) continue;
      const [, first = '', second = ''] = line.split(' ');
      const group = program.commands.find((one) => one.name() === first);
      expect(known, line).toContain(`repost ${first}`);
      // A group may take an argument of its own as well: login PLATFORM.
      if (
        group &&
        group.registeredArguments.length === 0 &&
        group.commands.length > 0 &&
        /^[a-z]+$/u.test(second)
      )
        expect(known, line).toContain(`${first} ${second}`);
    }
  });
});

describe('what the topics list is what there is', () => {
  const textOf = (name: string) => JSON.stringify(all.find((topic) => topic.name === name));

  it('every variable that is read', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const read = sources.flatMap((file) =>
      [
        ...readFileSync(join('src', file), 'utf8').matchAll(
          /env\['((?:REPOST_|HTTPS_PROXY|NO_PROXY|NO_COLOR)\w*)'\]/gu,
        ),
      ].map(([, name]) => name ?? ''),
    );
    expect(read.length).toBeGreaterThan(5);
    for (const name of read) expect(textOf('environment')).toContain(name);
  });

  it('every variable and filter of a template, with its meaning', () => {
    for (const block of all.find((topic) => topic.name === 'templates')?.blocks ?? [])
      if (block.kind === 'terms')
        for (const [term, meaning] of block.terms) expect(meaning, term).not.toBe('');
    for (const name of [...Object.keys(templateVariables), ...Object.keys(templateFilters)])
      expect(textOf('templates')).toContain(name);
  });
});

describeWith({ mandoc: 'mandoc' }, 'manual pages', () => {
  it('one for each command and topic, without a fault', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'repost-man-'));
    const pages = await manPages('1.2.3');
    expect(pages.map(({ file }) => file)).toEqual(
      expect.arrayContaining(['repost.1', 'repost-jobs-retry.1', 'repost-states.7']),
    );
    expect(pages.some(({ file }) => file.includes('complete.'))).toBe(false);
    for (const { file, roff } of pages) writeFileSync(join(folder, file), roff);
    const { stdout: lint } = spawnSync(
      'mandoc',
      ['-Tlint', '-W', 'warning', ...pages.map(({ file }) => file)],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect(lint).toBe('');
    const shown = execFileSync('mandoc', ['-Tutf8', 'repost-jobs-retry.1'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(shown.replace(/.\u0008/gu, '')).toMatch(/--all-dead[\s\S]+repost jobs retry 12/u);
    rmSync(folder, { recursive: true });
  });
});
