import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../../core/failure.ts';
import type { Store } from '../types.ts';
import type { Side } from './side.ts';

/** Rows that are compared at once. */
const PAGE = 500;

/** Reads both as the program does: what it would see must be the same. Throws E_STORE_COPY. */
export async function compareStores(one: Side, other: Side): Promise<void> {
  const [original, copy] = [await one.open(), await other.open()];
  try {
    for (const [what, ask] of Object.entries(questions)) same(what, await ask(original), await ask(copy));
    for (let after = 0; ; ) {
      const [rows, others] = [await original.ledger.page(after, PAGE), await copy.ledger.page(after, PAGE)];
      same('the ledger', rows, others);
      const last = rows.at(-1);
      if (!last) return;
      after = last.jobId;
    }
  } finally {
    await original.close();
    await copy.close();
  }
}

const questions: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  accounts: (store) => store.accounts.list(),
  apps: (store) => store.apps.list(),
  sources: (store) => store.sources.list(),
  rules: (store) => store.rules.list(),
  users: (store) => store.users.list(),
  hosts: (store) => store.hosts.list(),
  copies: (store) => store.hosted.list(),
  'the jobs that run': (store) => store.jobs.list({ states: ['running'] }),
  'the jobs in doubt': (store) => store.jobs.list({ states: ['unknown'] }),
  'counts of jobs': (store) => store.jobs.counts(),
};

function same(what: string, original: unknown, copy: unknown): void {
  if (isDeepStrictEqual(original, copy)) return;
  throw new Failure('E_STORE_COPY', { message: `The copy reads otherwise than the original: ${what}.` });
}
