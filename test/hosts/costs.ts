import { readdirSync, readFileSync } from 'node:fs';
import type { PostgresServer } from '../store/postgres-program.ts';

/** What work costs, summed from the beginning. */
export interface Costs {
  /** Processor time of the daemons, and of the server (ms). */
  daemonsMs: number;
  serverMs: number;
  /** Transactions, and bytes of the log that the server writes ahead. */
  commits: number;
  logBytes: number;
}

/** A tick of /proc: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICK_MS = 10;

interface Stat {
  parent: number;
  name: string;
  ownMs: number;
  childrenMs: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const name = /\((.*)\)/u.exec(text)?.[1] ?? '';
    const [, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [user, system, usersChildren, systemsChildren] = rest.slice(9, 13).map(Number);
    return {
      parent: Number(parent),
      name,
      ownMs: ((user ?? 0) + (system ?? 0)) * TICK_MS,
      childrenMs: ((usersChildren ?? 0) + (systemsChildren ?? 0)) * TICK_MS,
    };
  } catch {
    // It has ended.
    return undefined;
  }
}

/** Of the server: the first process and all that it has now or had. */
function serverMs(): number {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat?.name === 'postgres');
  const first = all.filter((stat) => stat && stat.childrenMs > 0);
  return (
    all.reduce((sum, stat) => sum + (stat?.ownMs ?? 0), 0) +
    first.reduce((sum, stat) => sum + (stat?.childrenMs ?? 0), 0)
  );
}

export function costsOf(pids: readonly (number | undefined)[], postgres: PostgresServer | undefined): Costs {
  const daemonsMs = pids.reduce((sum: number, pid) => sum + (pid ? (statOf(pid)?.ownMs ?? 0) : 0), 0);
  if (!postgres) return { daemonsMs, serverMs: 0, commits: 0, logBytes: 0 };
  const [commits = 0, logBytes = 0] = postgres
    .sql(`SELECT sum(xact_commit), pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') FROM pg_stat_database`)
    .split('|')
    .map(Number);
  return { daemonsMs, serverMs: serverMs(), commits, logBytes };
}

export const databaseBytes = (postgres: PostgresServer | undefined): number =>
  postgres ? Number(postgres.sql('SELECT pg_database_size(current_database())')) : 0;
