import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runClient } from './client.ts';
import { idle } from './idle.ts';
import { ledger } from './ledger.ts';
import { look } from './look.ts';
import { runPolls } from './poll-client.ts';
import { polls } from './polls.ts';
import { type Row, table, withTable, words } from './report.ts';
import { serveSink } from './sink.ts';
import { starts } from './starts.ts';
import { transfers } from './transfers.ts';

const MIB = 2 ** 20;

/** `--quick`: smaller and fewer, and writes nothing. */
const sizes = {
  full: {
    jobs: 1_000_000,
    rounds: 21,
    bytes: 1024 * MIB,
    transfers: 5,
    idle: { settleMs: 30_000, watchMs: 60_000, burst: 20_000 },
    ledger: { serial: 500, atOnce: 2_000, rows: 1_000_000, blocked: 100_000, claims: 500, rounds: 5 },
    polls: { polls: 20_000, enginePolls: 2_000, accounts: 10_000, seconds: 2, rounds: 5 },
  },
  quick: {
    jobs: 1_000,
    rounds: 5,
    bytes: 64 * MIB,
    transfers: 3,
    idle: { settleMs: 8_000, watchMs: 5_000, burst: 500 },
    ledger: { serial: 50, atOnce: 250, rows: 10_000, blocked: 10_000, claims: 50, rounds: 3 },
    polls: { polls: 3_000, enginePolls: 500, accounts: 1_000, seconds: 1, rounds: 3 },
  },
} as const;

const [, self = '', first = '', ...rest] = process.argv;

/** `only`: the name of one group of rows, for work on it; nothing is written then. */
async function bench(root: string, quick: boolean, only?: string): Promise<void> {
  const size = quick ? sizes.quick : sizes.full;
  const program = join(root, 'bin', 'repost');
  const rows: Row[] = [];
  const say = (fresh: readonly Row[]) => {
    rows.push(...fresh);
    for (const { what, reference, measured, target, met, note } of fresh) {
      const verdict = met === null ? '–      ' : met ? 'met    ' : 'not met';
      console.log(
        `${verdict}  ${what} / ${reference}: ${measured ? words(measured) : '–'} (${target}); ${note}`,
      );
    }
  };
  const run = async (name: string, measure: () => Promise<Row[]>) => {
    if (only === undefined || only === name) say(await measure());
  };
  await run('starts', () => starts(program, size.jobs, size.rounds));
  await run('look', () => look(join(root, 'src', 'sandbox', 'videos', 'waves.mp4'), size.rounds));
  await run('ledger', () => ledger(root, size.ledger));
  await run('polls', () => polls([process.execPath, self], size.polls));
  await run('transfers', async () => {
    const sink = spawn(process.execPath, [self, 'sink'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      return await transfers([process.execPath, self], await portOf(sink), size.bytes, size.transfers);
    } finally {
      sink.kill('SIGKILL');
    }
  });
  await run('idle', () => idle(program, [process.execPath, self], size.idle));
  if (quick || only !== undefined) return;
  const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}; load average ${loadavg()[1]?.toFixed(1)}.`;
  const page = join(root, 'docs', 'performance.md');
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), table(rows, machine)));
  writeFileSync(join(root, 'docs', 'performance.json'), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
}

function portOf({ stdout }: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    if (stdout) createInterface({ input: stdout }).once('line', (line) => resolve(Number(line)));
  });
}

if (first === 'sink') console.log(await serveSink());
else if (first === 'client') {
  const [way = '', port = '', path = '', bytes = '0'] = rest;
  await runClient(way, port, path, Number(bytes));
} else if (first === 'polls') {
  const [way = '', origin = '', path = '', count = '0', restMs = '0'] = rest;
  await runPolls(way, origin, path, Number(count), Number(restMs));
} else await bench(first, rest.includes('--quick'), /--only=(\w+)/u.exec(rest.join(' '))?.[1]);
