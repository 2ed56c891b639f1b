import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { answerOfList, remoteIds } from './answer.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { bareFolder, T0 } from './homes.ts';
import { startNginx } from './nginx.ts';
import { type Cost, cpuRow, largeRows, memoryRow, rateRows } from './poll-rows.ts';
import { race, timed } from './race.ts';
import { hasProgram } from './references.ts';
import { type Chart, type Findings, median, unmeasured } from './report.ts';
import { serve } from './servers.ts';

export interface PollSize {
  polls: number;
  enginePolls: number;
  accounts: number;
  seconds: number;
  rounds: number;
}

/** Polls that find nothing new, beside a program that only sends requests, and beside `fetch`. */
export async function polls(self: readonly string[], size: PollSize): Promise<Findings> {
  const missing = ['nginx', 'wrk'].find((name) => !hasProgram(name));
  if (missing) return { rows: [unmeasured('a poll that finds 20 known videos', '`wrk`', missing)] };
  const folder = bareFolder();
  const certificate = await makeCertificate(folder);
  const plain = await startNginx(answerOfList());
  const tls = await startNginx(answerOfList(), certificate);
  const origin = `http://127.0.0.1:${plain.port}`;
  const tlsOrigin = `https://localhost:${tls.port}`;
  try {
    const [few, many] = [join(folder, 'few.db'), join(folder, 'many.db')];
    await addAccounts(few, 1000);
    await addAccounts(many, size.accounts);
    const costs = await race<string, Cost>(size.rounds, {
      wrk: () => wrk(origin, size.seconds),
      source: client(self, 'source', origin, few, size.polls),
      fetch: fetches(self, origin, size.polls),
      wrkTls: () => wrk(tlsOrigin, size.seconds),
      sourceTls: client(self, 'source', tlsOrigin, few, size.polls, certificate),
      engine: client(self, 'engine', origin, few, size.enginePolls),
      many: client(self, 'source', origin, many, size.polls),
    });
    return {
      rows: [...rateRows(costs), cpuRow(costs), ...largeRows(costs, size.accounts)],
      charts: await growth(self, origin, folder, size),
    };
  } finally {
    await plain.close();
    await tls.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The short form: CPU time beside that of `fetch`, both from a server of Node’s own. */
export async function pollsQuick(self: readonly string[], count: number, rounds: number): Promise<Findings> {
  const folder = bareFolder();
  const server = await serve(self, 'answers');
  const origin = `http://127.0.0.1:${server.port}`;
  try {
    const path = join(folder, 'few.db');
    await addAccounts(path, 1000);
    const costs = await race<string, Cost>(rounds, {
      source: client(self, 'source', origin, path, count),
      fetch: fetches(self, origin, count),
    });
    return { rows: [cpuRow(costs), memoryRow(costs)] };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function client(
  self: readonly string[],
  way: string,
  origin: string,
  path: string,
  count: number,
  certificate?: Certificate,
): () => Cost {
  const env = { ...process.env, ...(certificate ? { NODE_EXTRA_CA_CERTS: certificate.cert } : {}) };
  return () => JSON.parse(timed([...self, 'polls', way, origin, path, String(count)], env).out) as Cost;
}

function fetches(self: readonly string[], origin: string, count: number): () => Cost {
  return () => JSON.parse(timed([...self, 'fetches', origin, String(count)]).out) as Cost;
}

function wrk(origin: string, seconds: number): Cost {
  const { out } = timed(['wrk', '-t1', '-c64', `-d${seconds}s`, origin]);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/u.exec(out)?.[1]), cpuMs: 0, peakMiB: 0 };
}

const GROWTH = [10, 100, 1_000, 10_000];
const GROWTH_ROUNDS = 3;

/** How a poll’s cost and the memory grow with the accounts that are polled. */
async function growth(
  self: readonly string[],
  origin: string,
  folder: string,
  size: PollSize,
): Promise<Chart[]> {
  const count = Math.min(size.polls, 10_000);
  const contenders: Record<string, () => Cost> = {};
  for (const accounts of GROWTH) {
    if (accounts > size.accounts) continue;
    const path = join(folder, `growth-${accounts}.db`);
    await addAccounts(path, accounts);
    contenders[accounts] = client(self, 'source', origin, path, count);
  }
  const costs = await race<string, Cost>(GROWTH_ROUNDS, contenders);
  const points = (value: (cost: Cost) => number) =>
    Object.entries(costs).map(([accounts, each]): [number, number] => [
      Number(accounts),
      median(each.map(value)),
    ]);
  return [
    {
      name: 'growth-accounts',
      title: 'Polling by how many accounts are polled',
      x: 'accounts',
      y: 'µs, MiB',
      lines: [
        { name: 'CPU of one poll (µs)', points: points(({ cpuMs }) => (cpuMs * 1000) / count) },
        { name: 'memory (MiB)', points: points(({ peakMiB }) => peakMiB) },
      ],
    },
  ];
}

export async function addAccounts(path: string, count: number): Promise<void> {
  await (await openStore({ path, clock: new TestClock(T0) })).close();
  const db = new Database(path);
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  db.exec(`BEGIN; ${numbers}
    INSERT INTO accounts (platform, remote_id, handle, name, user, status, scopes, settings, created_at, updated_at)
    SELECT 'tiktok', 'open' || i, '@c' || i, 'C', 'me', 'ok', '["video.list"]', '{}', ${T0}, ${T0} FROM n;
    INSERT INTO sources (kind, account_id, name, user, baseline_at, last_good_poll_at, next_poll_at, created_at)
    SELECT 'tiktok', id, handle, 'me', ${T0}, ${T0}, ${T0}, ${T0} FROM accounts;
    INSERT INTO videos (source_id, remote_id, url, caption, published_at, seen_at, kind, facts, state, skipped)
    SELECT sources.id, value, '', 'A video', ${T0}, ${T0}, 'video', '{}', 'public', '[]'
    FROM sources, json_each('${JSON.stringify(remoteIds)}'); COMMIT`);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}
