import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCommands, buildProgram } from '../../src/cli/program.ts';
import { type Bench, openBench } from '../cli/bench.ts';
import { steady } from './steady.ts';
import { apart, type Stop, tourOf } from './tour.ts';

/** What scripts read. Made anew by: npx vitest run test/golden -u. What changed is then read line by line. */
const FOLDER = join(import.meta.dirname, 'json');

const stream = new PassThrough().resume();
const program = buildProgram({
  io: { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} },
  exit: () => undefined,
});
const pathOf = (command: Command): string[] =>
  command.parent ? [...pathOf(command.parent as Command), command.name()] : [];
const commands = allCommands(program)
  .filter((command) => command.commands.length === 0)
  .map((command) => pathOf(command).join(' '));

/** The command of a line: its longest beginning that is one. */
const commandOf = ({ args }: Stop): string => {
  for (let end = args.length; end > 0; end -= 1) {
    const words = args.slice(0, end).join(' ');
    if (commands.includes(words)) return words;
  }
  throw new Error(`not a command: ${args.join(' ')}`);
};

/** The name of a stop’s file: the command, and its flags where it comes twice. */
const nameOf = (stop: Stop): string => {
  const flags = stop.args.filter((word) => /^--(?:raw|week)$/u.test(word)).join('');
  const kind = /^(?:alerts add|host set)/u.test(commandOf(stop)) ? '' : flags.replaceAll('--', '-');
  return `${commandOf(stop).replaceAll(' ', '-')}${kind}.json`;
};

describe('what --json prints', () => {
  let bench: Bench;
  let tour: Stop[];

  beforeAll(async () => {
    bench = await openBench();
    await bench.signIn('tiktok', 'youtube', 'x');
    const to = ['--to', 'youtube:@creator', '--to', 'x:@creator', '--media', `folder:${bench.originals}`];
    const add = ['rule', 'add', '--from', 'tiktok:@creator', ...to, '--name'];
    await bench.terminal.json([...add, 'everywhere', '--not-hashtag', 'night']);
    await bench.terminal.json([...add, 'again', '--hashtag', 'night', '--approve']);
    await bench.terminal.json(['sync']);
    await bench.publish('Sunrise over the bay #sea');
    await bench.terminal.json(['sync']);
    await bench.publish('The same bay #night');
    await bench.terminal.json(['sync']);
    const refuse = { kind: 'status', status: 403, body: { title: 'Forbidden', status: 403 } } as const;
    bench.sandbox.faults.add({ platform: 'x', path: '/2/tweets', method: 'POST', times: 1, action: refuse });
    await bench.publish('The same bay in the rain');
    // It ends with an error: one job is dead.
    await bench.terminal.run(['sync']);
    tour = tourOf(bench);
  }, 120_000);
  afterAll(() => bench?.close());

  it('is what the files in json/ say, command by command', async () => {
    for (const stop of tour) {
      const { code, out, err } = await bench.terminal.run([...stop.args, '--json', '--no-input'], stop.stdin);
      const answer = out.trim() === '' ? { exit: code, ...JSON.parse(err) } : JSON.parse(out);
      await expect(`${JSON.stringify(steady(answer, bench.dir), null, 2)}\n`).toMatchFileSnapshot(
        join(FOLDER, nameOf(stop)),
      );
    }
  }, 240_000);

  it('is held for every command there is', () => {
    const held = new Set(tourOf(bench).map(commandOf));
    expect(commands.filter((command) => !held.has(command) && !apart[command])).toEqual([]);
    expect(Object.keys(apart).filter((command) => held.has(command) || !commands.includes(command))).toEqual(
      [],
    );
    expect(readdirSync(FOLDER).sort()).toEqual([...new Set(tourOf(bench).map(nameOf))].sort());
  });
});
