import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { allCommands, branchWords, buildProgram } from '../../src/cli/program.ts';
import { closest } from '../../src/cli/suggest.ts';
import { openTerminal } from './terminal.ts';

const home = mkdtempSync(join(tmpdir(), 'repost-tree-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

writeFileSync(join(home, 'vault-key'), randomBytes(32));
const terminal = openTerminal({
  env: {
    HOME: home,
    REPOST_HOME: join(home, 'home'),
    REPOST_VAULT: 'file',
    CREDENTIALS_DIRECTORY: home,
  },
});

function program(word?: string): Command {
  const stream = new PassThrough();
  const io = { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} };
  return buildProgram({ io, exit: () => undefined }, word);
}

const pathOf = (command: Command): string[] =>
  command.parent ? [...pathOf(command.parent as Command), command.name()] : [];
const commands = allCommands(program()).map((command) => ({ command, path: pathOf(command) }));

/** The words of a line as a shell takes them apart, as far as the examples go: what follows a pipe is another program's. */
function wordsOf(line: string): string[] {
  const [first = ''] = line.split(/\s+\|\s+/u);
  const bare = first.replace(/\s+#.*$/u, '').replace(/\s*[<>]\s*\S+$/u, '');
  return [...bare.matchAll(/"([^"]*)"|(\S+)/gu)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** Parses without running: what Commander objects to is thrown. */
async function parseOnly(words: readonly string[]): Promise<void> {
  const tree = program();
  for (const command of allCommands(tree)) if (command.commands.length === 0) command.action(() => undefined);
  await tree.parseAsync([...words], { from: 'user' });
}

describe('every command', () => {
  it.each(commands.map(({ path }) => path.join(' ')))(
    '%s --help explains itself with an example',
    async (path) => {
      const { code, out, err } = await terminal.run([...path.split(' '), '--help']);
      expect(code).toBe(0);
      expect(err).toBe('');
      expect(out).toMatch(/\nExamples?:\n(?: {2}\$ (?:\w+=\w+ )?repost [^\n]+\n?)+/u);
      expect(out).toContain('--json');
      expect(out).toContain('--no-input');
      const examples = [
        ...out.replace(/ \\\n\s+/gu, ' ').matchAll(/^ {2}\$ (?:\w+=\w+ )?repost (.+)$/gmu),
      ].map(([, line]) => line ?? '');
      for (const example of examples) await parseOnly(wordsOf(example));
    },
  );

  it('has a description that fits beside the others', () => {
    for (const { command, path } of commands) {
      expect(command.description(), path.join(' ')).toMatch(/^[^A-Z].*[^.]$/u);
      for (const option of command.options)
        expect(option.description, `${path} ${option.flags}`).not.toBe('');
    }
  });

  it('answers to its noun in plural and singular', () => {
    const tree = program();
    const nouns = ['account', 'app', 'source', 'rule', 'post', 'video', 'job', 'limit', 'error', 'path'];
    for (const noun of nouns) {
      const found = [noun, `${noun}s`].map((name) =>
        tree.commands.find((one) => one.name() === name || one.aliases().includes(name)),
      );
      expect(found[0], noun).toBeDefined();
      expect(found[0]).toBe(found[1]);
    }
  });
});

describe('help', () => {
  it('is what a bare `repost` prints', async () => {
    const bare = await terminal.run([]);
    expect(bare).toMatchObject({ code: 0, err: '' });
    expect(bare.out).toContain('Set up:');
    expect((await terminal.run(['help'])).out).toBe(bare.out);
    expect((await terminal.run(['--help'])).out).toBe(bare.out);
  });

  it('reaches every depth', async () => {
    const deep = await terminal.run(['help', 'rule', 'add']);
    expect(deep.out).toBe((await terminal.run(['rule', 'add', '--help'])).out);
    expect(deep.out).toContain('--catch-up');
  });

  it('of a command that there is not suggests one', async () => {
    expect(await terminal.failure(['help', 'stauts'])).toMatchObject({
      exit: 2,
      code: 'E_USAGE',
      hint: 'Did you mean status?',
    });
  });
});

describe('a slip of the fingers', () => {
  it.each([
    ['jobs lits', 'Did you mean “list”?', 'repost jobs list'],
    ['job shwo 3', 'Did you mean “show”?', 'repost jobs show'],
    ['rule ad', 'Did you mean “add”?', 'repost rule add'],
    ['accounts chekc', 'Did you mean “check”?', 'repost accounts check'],
    ['stauts', 'Did you mean status?', 'repost --help'],
    ['jobs list --stat dead', 'Did you mean --state?', 'repost jobs list --help'],
    ['login', 'See the command’s help.', 'repost login --help'],
    ['config get', 'See the command’s help.', 'repost config get --help'],
    ['config set pol.interval 3m', 'Did you mean “poll.interval”?', 'repost config list --show-origin'],
    ['errors explain E_SCOPE', 'Did you mean E_SCOPES?', 'repost errors list'],
  ])('%s', async (line, hint, command) => {
    const failed = await terminal.failure(line.split(' '));
    expect(failed.hint).toContain(hint);
    expect(failed.command).toBe(command);
    const { code, err } = await terminal.run(line.split(' '));
    expect(code).toBe(failed.exit);
    expect(err).toContain(hint);
    expect(err).toContain(`$ ${command}`);
  });

  it('is mended where one word is near, and only there', () => {
    expect(closest('lits', ['list', 'show', 'cancel'])).toBe('list');
    expect(closest('cancle', ['list', 'show', 'cancel'])).toBe('cancel');
    expect(closest('xyzzy', ['list', 'show', 'cancel'])).toBeUndefined();
    expect(closest('', ['list'])).toBeUndefined();
  });
});

describe('unknown things', () => {
  it.each([
    [['jobs', 'show', '999'], 1, 'E_NOT_FOUND'],
    [['jobs', 'show', 'abc'], 2, 'E_USAGE'],
    [['jobs', 'cancel', '1', '2'], 1, 'E_NOT_FOUND'],
    [['jobs', 'list', '--state', 'lost'], 2, 'E_USAGE'],
    [['jobs', 'list', '--since', 'someday'], 2, 'E_USAGE'],
    [['jobs', 'list', '--limit', '-1'], 2, 'E_USAGE'],
    [['jobs', 'list', '--platform', 'myspace'], 2, 'E_UNKNOWN_PLATFORM'],
    [['jobs', 'retry'], 2, 'E_MISSING_ANSWER'],
    [['jobs', 'retry', '--class', 'odd'], 2, 'E_USAGE'],
    [['posts', '--platform', 'myspace'], 2, 'E_UNKNOWN_PLATFORM'],
    [['login', 'myspace'], 2, 'E_UNKNOWN_PLATFORM'],
    [['app', 'add', 'myspace'], 2, 'E_UNKNOWN_PLATFORM'],
    [['app', 'check', 'youtube'], 1, 'E_NO_APP'],
    [['app', 'remove', 'youtube'], 1, 'E_NO_APP'],
    [['accounts', 'show', 'x:@nobody'], 4, 'E_UNKNOWN_ACCOUNT'],
    [['logout', 'x:@nobody'], 4, 'E_UNKNOWN_ACCOUNT'],
    [['rule', 'show', 'nowhere'], 1, 'E_NOT_FOUND'],
    [['rule', 'pause', 'nowhere'], 1, 'E_NOT_FOUND'],
    [['source', 'add', '/no/such/folder'], 1, 'E_MEDIA_FOLDER'],
    [['source', 'remove', 'tiktok:@nobody'], 1, 'E_NOT_FOUND'],
    [['limits', 'set', 'x:@nobody', 'posts', '1'], 4, 'E_UNKNOWN_ACCOUNT'],
    [['videos', 'check', '99'], 1, 'E_NOT_FOUND'],
    [['config', 'get', 'colour'], 1, 'E_CONFIG'],
    [['config', 'set', 'poll.interval', 'often'], 1, 'E_CONFIG'],
    [['config', 'set', 'log.level', 'loud'], 1, 'E_CONFIG'],
  ] as const)('%j ends with %i, %s', async (args, exit, code) => {
    const failed = await terminal.failure(args);
    expect(failed).toMatchObject({ exit, code });
    expect(failed.message).not.toBe('');
    expect(failed.hint).not.toBe('');
  });
});

describe('missing answers where nobody can be asked', () => {
  it.each([
    [['app', 'add', 'youtube'], '--client-id'],
    [['app', 'add', 'youtube', '--client-id', 'x'], '--client-secret-stdin'],
    [['rule', 'add'], '--from'],
    [['login', 'telegram'], '--token-stdin'],
  ] as const)('%j --no-input names %s', async (args, flag) => {
    const { exit, code, hint } = await terminal.failure([...args, '--no-input']);
    expect({ exit, code }).toEqual({ exit: 2, code: 'E_MISSING_ANSWER' });
    expect(hint).toContain(flag);
  });
});

describe('a branch built alone', () => {
  const helps = (tree: Command, word: string) =>
    allCommands(tree)
      .filter((command) => pathOf(command)[0] === word || command.parent?.aliases().includes(word))
      .map((command) => [pathOf(command), command.helpInformation()]);
  const words = program().commands.flatMap((command) => [command.name(), ...command.aliases()]);
  const whole = ['completion', 'complete'];

  it('is there for every first word but those that need the whole tree', () => {
    expect([...branchWords, ...whole].sort()).toEqual([...words].sort());
  });

  it.each(branchWords)('%s explains itself as in the whole tree', (word) => {
    const alone = program(word);
    const name = alone.commands.find((one) => [one.name(), ...one.aliases()].includes(word))?.name() ?? '';
    expect(helps(alone, name).length).toBeGreaterThan(0);
    expect(helps(alone, name)).toEqual(helps(program(), name));
    expect(alone.commands.length).toBeLessThan(6);
  });
});
