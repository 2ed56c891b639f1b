import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionOf } from '../../src/cli/command.ts';
import { allCommands, buildProgram } from '../../src/cli/program.ts';
import { adviceFor, type Question, type QuestionName, questions } from '../../src/cli/questions.ts';
import { type Bench, openBench } from './bench.ts';
import { walkProgram } from './reach.ts';
import { openTerminal } from './terminal.ts';

const stream = new PassThrough();
const io = { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} };
const tree = buildProgram({ io, exit: () => undefined });
const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent as Command)} ${command.name()}`.trim() : '';
const commands = new Map(allCommands(tree).map((command) => [pathOf(command), command]));
const names = Object.keys(questions) as QuestionName[];
const of = (name: QuestionName): Question => questions[name];
const walk = walkProgram();

/** Where each command's action stands: the function itself is looked for among what the files export. */
async function placesOfActions(): Promise<Map<unknown, string>> {
  const folder = join(import.meta.dirname, '../../src/cli/actions');
  const places = new Map<unknown, string>();
  for (const file of readdirSync(folder)) {
    const exported = (await import(`../../src/cli/actions/${file}`)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) places.set(value, `actions/${file}#${name}`);
  }
  return places;
}

/** Actions that are made where they are declared. */
const unnamed: Readonly<Record<string, string>> = {
  complete: 'actions/completion.ts#printCandidates',
  version: 'commands/version.ts#versionCommand',
};

/** `command question`, of every question that a command's action can come to. */
async function asked(): Promise<string[]> {
  const places = await placesOfActions();
  const pairs: string[] = [];
  // The vault's passphrase is asked by whatever opens the vault: its answer is a variable, and no command's.
  const own = names.filter((name) => Object.keys(of(name).answers).length > 0);
  for (const [path, command] of commands) {
    const load = actionOf(command);
    if (!load) continue;
    const place = places.get(await load()) ?? unnamed[path];
    if (!place) throw new Error(`Nobody knows where the action of “${path}” stands.`);
    const text = walk.textsFrom(place).join('\n');
    pairs.push(...own.filter((name) => text.includes(`'${name}'`)).map((name) => `${path} ${name}`));
  }
  return pairs;
}

/** How each question is come to where nobody can be asked. */
const lines: Readonly<
  Record<
    string,
    readonly string[] | 'after another question' | 'a sign-in' | 'a lost host: test/cli/hosts.test.ts'
  >
> = {
  'app add appClientId': ['youtube'],
  'app add appClientSecret': ['youtube', '--client-id', 'x'],
  'login whichAccount': 'a sign-in',
  'login loginToken': ['telegram', '--account', '@channel'],
  'rule add fetchConsent': ['--from', 'tiktok:@creator', '--to', 'youtube:@creator', '--media', 'yt-dlp'],
  'rule apply fetchConsent': ['YT-DLP'],
  'rule edit fetchConsent': ['kept', '--file', 'YT-DLP'],
  'hosts forget hostForget': 'a lost host: test/cli/hosts.test.ts',
  'rule edit ruleText': ['kept'],
  'jobs approve jobsToApprove': [],
  'jobs approve jobText': 'after another question',
  'jobs edit jobText': ['1'],
  'host set s3 bucketKey': [
    ...['--endpoint', 'https://s3.example.com', '--bucket', 'b', '--access-key-id', 'A'],
    ...['--url', 'https://media.example.com'],
  ],
  'alerts add alertUrl': ['slack'],
  'alerts add alertToken': ['telegram', '--chat', '12345'],
  'alerts add alertKey': ['webhook', '--url-file', 'ADDRESS'],
  'alerts add alertPassword': [
    ...['email', '--host', 'mail.example.com', '--from', 'a@example.com', '--to', 'a@example.com'],
    ...['--login', 'a'],
  ],
  'alerts add alertChat': ['telegram'],
  'alerts add mailServer': ['email'],
  'alerts add mailFrom': ['email', '--host', 'mail.example.com'],
  'alerts add mailTo': ['email', '--host', 'mail.example.com', '--from', 'a@example.com'],
  'backup backupPassphrase': ['COPY', '--with-vault'],
  'restore backupPassphrase': ['SEALED', '--with-vault'],
  'login export backupPassphrase': ['youtube:@creator'],
  'login import backupPassphrase': ['SEALED.vault'],
};

describe('every question', () => {
  it('goes through the one door', () => {
    const users = (target: RegExp) =>
      walk.files.filter(({ imports }) => imports.some((one) => target.test(one))).map(({ name }) => name);
    expect(users(/^inquirer$/u)).toEqual(['prompts.ts']);
    expect(users(/\/prompts\.ts$/u)).toEqual(['ask.ts', 'prompts-plain.ts']);
    expect(users(/\/prompts-plain\.ts$/u)).toEqual(['ask.ts']);
    // A child's lines are read; and the address that a browser ended on, while the browser is waited for.
    expect(users(/^node:readline/u)).toEqual(['child.ts', 'actions/login-ways.ts']);
  });

  it.each(names)('%s has an answer that its command takes', (name) => {
    const { answers, env = [] } = of(name);
    expect(Object.keys(answers).length + env.length).toBeGreaterThan(0);
    for (const [path, ways] of Object.entries(answers)) {
      const command = commands.get(path);
      expect(command, path).toBeDefined();
      expect(ways.length).toBeGreaterThan(0);
      const taken = [
        ...(command?.options.map(({ long }) => long) ?? []),
        ...(command?.registeredArguments.map((argument) => `<${argument.name()}>`) ?? []),
      ];
      for (const way of ways) expect(taken, path).toContain(way);
    }
  });

  it('stands with the commands that come to it, and no other does', { timeout: 60_000 }, async () => {
    const pairs = await asked();
    const guided = pairs.filter((pair) => pair.startsWith('init '));
    const others = pairs.filter((pair) => !pair.startsWith('init '));
    expect(others.sort()).toEqual(Object.keys(lines).sort());
    for (const name of names.filter((one) => one !== 'vaultPassphrase')) {
      const { answers } = of(name);
      const askers = pairs
        .filter((pair) => pair.endsWith(` ${name}`))
        .map((pair) => pair.split(` ${name}`)[0]);
      expect(askers.length, name).toBeGreaterThan(0);
      for (const asker of askers) if (asker !== 'init') expect(Object.keys(answers), name).toContain(asker);
    }
    // The guided first run lists its steps where nobody can be asked, and comes to what no other asks.
    expect(guided.length).toBeGreaterThan(10);
  });
});

describe('where nobody can be asked', () => {
  let bench: Bench;
  let files: Record<string, string>;
  beforeAll(async () => {
    bench = await openBench();
    await bench.signIn('tiktok', 'youtube');
    await bench.publish('One to approve');
    const route = ['--from', 'tiktok:@creator', '--to', 'youtube:@creator', '--name', 'kept', '--approve'];
    await bench.terminal.json([
      'rule',
      'add',
      ...route,
      '--media',
      `folder:${bench.originals}`,
      '--backfill',
      '1',
    ]);
    await bench.terminal.json(['sync']);
    files = Object.fromEntries(
      ['YT-DLP', 'ADDRESS', 'COPY', 'SEALED', 'SEALED.vault', 'phrase'].map((name) => [
        name,
        join(bench.dir, name),
      ]),
    );
    const rules = (await bench.terminal.run(['rule', 'export'])).out;
    writeFileSync(files['YT-DLP'] ?? '', rules.replace(/- folder:.*/u, '- yt-dlp'));
    writeFileSync(files['ADDRESS'] ?? '', 'https://hooks.example.com/x\n');
    writeFileSync(files['phrase'] ?? '', 'a phrase\n');
    const sealing = ['--with-vault', '--passphrase-file', files['phrase'] ?? ''];
    await bench.terminal.json(['backup', files['SEALED'] ?? '', ...sealing]);
  });
  afterAll(() => bench?.close());

  const askable = Object.entries(lines).filter(([, line]) => Array.isArray(line));
  it.each(askable)('%s: exit 2, naming what answers it', async (pair, line) => {
    const [, path = '', name = ''] = /^(.*) (\w+)$/u.exec(pair) ?? [];
    const words = (line as readonly string[]).map((word) => files[word] ?? word);
    // By the flag alone: no variable keeps it quiet, and standard input is empty.
    const { REPOST_NO_INPUT: _, ...env } = bench.terminal.env;
    for (const [terminal, more] of [
      [bench.terminal, []],
      [openTerminal({ env: { ...env, EDITOR: path === 'rule edit' ? 'false' : '' } }), ['--no-input']],
    ] as const) {
      const failed = await terminal.failure([...path.split(' '), ...words, ...more]);
      expect({ ...failed, exit: failed.exit }).toMatchObject({
        exit: 2,
        code: name === 'fetchConsent' ? 'E_CONSENT' : 'E_MISSING_ANSWER',
      });
      const flags = of(name as QuestionName).answers[path] ?? [];
      for (const flag of flags) expect(failed.hint).toContain(flag);
      if (name !== 'fetchConsent') expect(failed.hint).toBe(adviceFor(name as QuestionName, path));
    }
  });

  it('login, of several accounts: exit 2, naming --account', async () => {
    await bench.addApp('instagram');
    const { code, err } = await bench.login(['instagram'], { account: 'all' });
    expect(code).toBe(2);
    expect(JSON.parse(err.trim().split('\n').at(-1) ?? '')).toMatchObject({
      error: { code: 'E_MISSING_ANSWER', hint: adviceFor('whichAccount', 'login') },
    });
  });

  it.each([
    ['mastodon', '--server'],
    ['telegram', '--token-stdin'],
    ['bluesky --app-password', '--token-stdin'],
  ])('login %s: exit 2, naming %s', async (words, flag) => {
    const failed = await bench.terminal.failure(['login', ...words.split(' ')]);
    expect(failed).toMatchObject({ exit: 2, code: 'E_MISSING_ANSWER' });
    expect(failed.hint).toContain(flag);
  });

  it('the vault’s passphrase: exit 2, naming its variables', async () => {
    const { CREDENTIALS_DIRECTORY: _, ...env } = bench.terminal.env;
    const locked = openTerminal({ env: { ...env, REPOST_HOME: join(bench.dir, 'locked') } });
    writeFileSync(join(bench.dir, 'secret'), randomBytes(8).toString('hex'));
    const keys = ['--client-id', 'x', '--client-secret-file', join(bench.dir, 'secret')];
    const failed = await locked.failure(['app', 'add', 'youtube', ...keys, '--no-input']);
    expect(failed).toMatchObject({ exit: 2, code: 'E_VAULT_PASSPHRASE' });
    expect(failed.hint).toContain('REPOST_VAULT_PASSPHRASE_FILE');
  });

  it('the guided first run: exit 2, naming the next step’s command, which there is', async () => {
    const home = join(bench.dir, 'fresh');
    const fresh = openTerminal({ env: { ...bench.terminal.env, REPOST_HOME: home } });
    const all = ['--to', 'youtube,instagram,facebook,threads,x,bluesky,mastodon,linkedin,pinterest,telegram'];
    const { code, out, err } = await fresh.run(['init', ...all, '--json']);
    expect(code).toBe(2);
    const { steps } = JSON.parse(out) as { steps: { title: string; command: string }[] };
    expect(steps.length).toBeGreaterThan(20);
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'E_MISSING_ANSWER', command: steps[0]?.command },
    });
    for (const { command: line } of steps) {
      const words = line.replace(/^repost /u, '').split(' ');
      const found = [3, 2, 1].map((count) => commands.get(words.slice(0, count).join(' '))).find(Boolean);
      expect(found, line).toBeDefined();
      for (const flag of words.filter((word) => word.startsWith('--')))
        expect(
          found?.options.map(({ long }) => long),
          line,
        ).toContain(flag);
    }
  });
});
