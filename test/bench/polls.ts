import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { bareFolder, T0 } from './homes.ts';
import { startNginx } from './nginx.ts';
import { answerOfList, remoteIds } from './poll-client.ts';
import { race, timed } from './race.ts';
import { hasProgram } from './references.ts';
import { figure, judged, median, type Row, ratios, single, unmeasured } from './report.ts';

export interface PollSize {
  polls: number;
  enginePolls: number;
  accounts: number;
  seconds: number;
  rounds: number;
}

interface Cost {
  rate: number;
  cpuMs: number;
  peakMiB: number;
}

/** Polls that find nothing new, beside a program that only sends requests, and beside `fetch`. */
export async function polls(self: readonly string[], size: PollSize): Promise<Row[]> {
  const missing = ['nginx', 'wrk'].find((name) => !hasProgram(name));
  if (missing) return [unmeasured('a poll that finds 20 known videos', '`wrk`', missing)];
  const folder = bareFolder();
  const [few, many] = [join(folder, 'few.db'), join(folder, 'many.db')];
  await addAccounts(few, 1000);
  await addAccounts(many, size.accounts);
  const server = await startNginx(answerOfList());
  const origin = `http://127.0.0.1:${server.port}`;
  const client = (way: string, path: string, count: number) => () =>
    JSON.parse(timed([...self, 'polls', way, origin, path, String(count)]).out) as Cost;
  try {
    const results = await race<string, Cost>(size.rounds, {
      wrk: () => ({ rate: wrk(origin, size.seconds), cpuMs: 0, peakMiB: 0 }),
      source: client('source', few, size.polls),
      fetch: client('fetch', few, size.polls),
      engine: client('engine', few, size.enginePolls),
    });
    const large = client('source', many, size.polls)();
    return rows(results, large.peakMiB, size);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

function wrk(origin: string, seconds: number): number {
  const { out } = timed(['wrk', '-t1', '-c64', `-d${seconds}s`, origin]);
  return Number(/Requests\/sec:\s+([\d.]+)/u.exec(out)?.[1]);
}

function rows(results: Readonly<Record<string, Cost[]>>, largeMiB: number, size: PollSize): Row[] {
  const of = (name: string) => (results[name] ?? []).map(({ rate }) => rate);
  const rate = (name: string) => `${figure(median(of(name)))}/s`;
  const cpu = (results['source'] ?? []).map(({ cpuMs }) => (cpuMs * 1000) / size.polls);
  const known = 'a poll that finds 20 known videos';
  return [
    judged(
      known,
      '`wrk`, the same server',
      { atLeast: 0.09 },
      ratios(of('source'), of('wrk')),
      `${rate('source')}, ${figure(median(cpu))} µs of CPU each, the start included; wrk ${rate('wrk')}`,
    ),
    judged(known, '`fetch`', { atLeast: 3 }, ratios(of('source'), of('fetch')), `fetch ${rate('fetch')}`),
    judged(
      `${known}, with its outcome on the disk`,
      '`wrk`, the same server',
      { atLeast: 0.09 },
      ratios(of('engine'), of('wrk')),
      `${rate('engine')}: eight at once, each row of the ledger safe from power loss`,
    ),
    judged(
      `memory for ${size.accounts.toLocaleString('en')} accounts while they are polled`,
      '–',
      { atMost: 140 },
      single(largeMiB, 'MiB'),
      'peak of a process of its own',
    ),
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
