import { join } from 'node:path';
import type { Findings } from './report.ts';

/** What every group needs to know. */
export interface Stage {
  root: string;
  /** What starts this program again. */
  self: readonly string[];
  /** Smaller and fewer. */
  quick: boolean;
}

export interface Group {
  name: string;
  title: string;
  /** Which form has it: the long one, the short one, both. */
  form: 'long' | 'quick' | 'both';
  measure(stage: Stage): Promise<Findings>;
}

const MIB = 2 ** 20;
const program = (root: string) => join(root, 'bin', 'repost');

/** What is measured, in the order of the page. Each loads its parts when its turn has come. */
export const groups: readonly Group[] = [
  {
    name: 'starts',
    title: 'Starts',
    form: 'both',
    async measure({ root, quick }) {
      const { starts } = await import('./starts.ts');
      return starts(program(root), {
        jobs: quick ? 1_000 : 1_000_000,
        rounds: quick ? 5 : 21,
        helpRounds: quick ? 0 : 3,
        others: !quick,
      });
    },
  },
  {
    name: 'look',
    title: 'Looking at a video',
    form: 'both',
    async measure({ root, quick }) {
      const { look } = await import('./look.ts');
      return look(join(root, 'src', 'sandbox', 'videos', 'waves.mp4'), quick ? 3 : 21);
    },
  },
  {
    name: 'ledger',
    title: 'The ledger and the engine',
    form: 'long',
    async measure({ root, quick }) {
      const { ledger } = await import('./ledger.ts');
      const full = { serial: 500, atOnce: 2_000, rows: 1_000_000, blocked: 100_000, claims: 500, rounds: 5 };
      const small = { serial: 50, atOnce: 200, rows: 10_000, blocked: 10_000, claims: 50, rounds: 2 };
      return ledger(root, { ...(quick ? small : full), growth: quick ? [1_000] : [1_000, 10_000, 100_000] });
    },
  },
  {
    name: 'polls',
    title: 'Polls',
    form: 'long',
    async measure({ self, quick }) {
      const { polls } = await import('./polls.ts');
      const full = { polls: 20_000, enginePolls: 2_000, accounts: 10_000, seconds: 2, rounds: 5 };
      const small = { polls: 1_000, enginePolls: 200, accounts: 1_000, seconds: 1, rounds: 2 };
      return polls(self, quick ? small : full);
    },
  },
  {
    name: 'transfers',
    title: 'Uploads and downloads',
    form: 'long',
    async measure({ root, self, quick }) {
      const { transfers } = await import('./transfers.ts');
      const full = { bytes: 1024 * MIB, small: 100 * MIB, rounds: 5 };
      return transfers(root, self, quick ? { bytes: 128 * MIB, small: 32 * MIB, rounds: 2 } : full);
    },
  },
  {
    name: 'way',
    title: 'The whole way of a video',
    form: 'long',
    async measure({ self, quick }) {
      const { way } = await import('./way.ts');
      const growth = quick ? [] : [1, 2, 3, 6];
      return way(self, { bytes: 20_900_000, videos: quick ? 3 : 8, rounds: quick ? 2 : 7, growth });
    },
  },
  {
    name: 'limits',
    title: 'Limits',
    form: 'long',
    async measure() {
      const { limits } = await import('./limits.ts');
      return limits();
    },
  },
  {
    name: 'lag',
    title: 'How soon a video is seen',
    form: 'long',
    async measure({ quick }) {
      const { lag } = await import('./lag.ts');
      return lag({ accounts: quick ? 5 : 20, hours: quick ? 6 : 24 });
    },
  },
  {
    name: 'idle',
    title: 'A daemon that rests',
    form: 'long',
    async measure({ root, self, quick }) {
      const { idle } = await import('./idle.ts');
      const full = { settleMs: 30_000, watchMs: 60_000, burst: 20_000 };
      return idle(program(root), self, quick ? { settleMs: 8_000, watchMs: 5_000, burst: 500 } : full);
    },
  },
  {
    name: 'backlog',
    title: 'A backlog',
    form: 'long',
    async measure({ root, quick }) {
      const { backlog } = await import('./backlog.ts');
      const growth = quick ? [] : [100, 1_000, 10_000, 100_000];
      return backlog(program(root), { jobs: 100_000, rounds: quick ? 2 : 5, settleMs: 3_000, growth });
    },
  },
  {
    name: 'install',
    title: 'An installation',
    form: 'long',
    async measure({ root }) {
      const { install } = await import('./install.ts');
      return install(root);
    },
  },
  {
    name: 'costs',
    title: 'CPU time and memory, in short',
    form: 'quick',
    async measure({ root, self }) {
      const { costs } = await import('./costs.ts');
      return costs(program(root), self);
    },
  },
];
