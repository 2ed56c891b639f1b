import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCommands, buildProgram } from '../../src/cli/program.ts';
import { systemClock } from '../../src/core/clock.ts';
import { fileVault } from '../../src/vault/file.ts';
import { parseFile } from '../../src/vault/file-format.ts';
import { spellings } from '../e2e/canary-marks.ts';
import { type Bench, openBench } from './bench.ts';

/** They listen, wait for a person, or speak to this machine’s service manager: tests of their own run them. */
const apart = /^(daemon( run)?|sandbox|demo|dashboard|service .*|login|completion.*|restore|mcp)$/u;

let bench: Bench;
let outputs = '';
/** What must not be found: every secret that the vault holds, and the client secrets that were typed. */
let marks: string[] = [];

async function run(args: readonly string[], stdin?: string): Promise<void> {
  const { out, err } = await bench.terminal.run(args, stdin);
  outputs += `${out}\n${err}\n`;
}

/** Texts within a value that are long enough to be secrets, and are not public by nature. */
function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string')
    return /token|secret|password|key|jwt/iu.test(name) && value.length >= 12 ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, key));
}

async function readMarks(): Promise<string[]> {
  const { env } = bench.terminal;
  const path = join(env['REPOST_HOME'] ?? '', 'data/vault.json');
  const vault = fileVault({ env, clock: systemClock, path });
  const found = ['sandbox-tiktok-secret', 'sandbox-youtube-secret', 'sandbox-x-secret'];
  for (const name of parseFile(readFileSync(path, 'utf8'), path).entries.keys()) {
    const read = await vault.read(name);
    if (read.state !== 'found') continue;
    if (name === 'journal-key') found.push(read.value);
    if (name.startsWith('grant/')) found.push(...secretsIn(JSON.parse(read.value)));
  }
  return found;
}

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Something for a command’s first argument; what it writes goes where it is looked at. */
function exampleOf(argument: string, path: readonly string[]): string {
  if (/file|dir|folder|path|place/iu.test(argument)) return join(bench.dir, 'home', path.join('-'));
  return path[0] === 'accounts' ? 'x:@creator' : '1';
}

beforeAll(async () => {
  bench = await openBench({ REPOST_DEBUG: '1', REPOST_LOG_LEVEL: 'debug' });
  await bench.signIn('tiktok', 'youtube', 'x');
  const rule = ['--to', 'youtube:@creator', '--to', 'x:@creator', '--media', `folder:${bench.originals}`];
  await run(['rule', 'add', '--name', 'everywhere', '--from', 'tiktok:@creator', ...rule]);
  await run(['sync']);
  await bench.publish('a canary');
  await run(['sync']);
  marks = await readMarks();
  await bench.publish('another one');
});
afterAll(() => bench?.close());

describe('a secret', () => {
  it('is in no answer of any command, in no error, and in no file', async () => {
    expect(marks.length).toBeGreaterThan(6);
    const stream = new PassThrough().resume();
    const program = buildProgram({
      io: { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} },
      exit: () => undefined,
    });
    const pathOf = (command: Command): string[] =>
      command.parent ? [...pathOf(command.parent as Command), command.name()] : [];
    const leaves = allCommands(program).filter((command) => command.commands.length === 0);
    for (const command of leaves) {
      const path = pathOf(command);
      if (apart.test(path.join(' '))) continue;
      // Once bare, and once as a script would for the first thing of each kind.
      await run([...path, '--no-input']);
      const [argument] = command.registeredArguments;
      if (argument) await run([...path, exampleOf(argument.name(), path), '--json', '--no-input']);
    }
    await run(['jobs', 'show', '1', '--raw', '--json']);
    await run(['jobs', 'show', '2', '--raw']);
    await run(['accounts', 'check', '--json']);
    await run(['doctor', '--json']);
    // A platform that answers with what it was sent, and one that can’t be reached.
    await bench.server.close();
    await run(['sync', '--json']);
    await run(['accounts', 'check']);
    // A vault that is damaged while it is used.
    await run(['backup', join(bench.dir, 'home/copy.db'), '--json']);
    const vault = join(bench.dir, 'home/data/vault.json');
    writeFileSync(vault, readFileSync(vault, 'utf8').replace(/"wrapped": "..../u, '"wrapped": "AAAA'));
    await run(['sync']);
    await run(['accounts', 'check', '--json']);

    const places = new Map([['an answer', outputs]]);
    for (const file of filesBelow(join(bench.dir, 'home'))) places.set(file, readFileSync(file, 'latin1'));
    expect(places.size).toBeGreaterThan(4);
    const found = [...places].flatMap(([place, text]) =>
      marks.flatMap((mark, index) =>
        spellings(mark).some((spelling) => text.includes(spelling)) ? [`mark ${index} in ${place}`] : [],
      ),
    );
    expect(found).toEqual([]);
  }, 240_000);

  it('would be seen where it is', () => {
    const [mark = ''] = marks;
    const told = `{"answer":"${Buffer.from(`Basic id:${mark}:x`).toString('base64')}"}`;
    expect(spellings(mark).some((spelling) => told.includes(spelling))).toBe(true);
  });
});
