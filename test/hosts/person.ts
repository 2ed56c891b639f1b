import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { Store } from '../../src/store/types.ts';
import { markOf } from '../load/judge.ts';

const exec = promisify(execFile);

export type Repost = (args: readonly string[]) => Promise<string>;

/** The real program, to its end. Throws with its words where it fails. */
export const repostOf =
  (program: string, env: NodeJS.ProcessEnv): Repost =>
  async (args) =>
    (await exec(process.execPath, [program, ...args], { env, maxBuffer: 2 ** 28 })).stdout;

export interface PersonsWork {
  resolvedPublished: number;
  resolvedNotPublished: number;
  retried: number;
}

/** A person who looks in: at the feeds for what nobody can know, and gives what was given up another try. */
export async function lookIn(repost: Repost, store: Store, sandbox: Sandbox): Promise<PersonsWork> {
  const work = { resolvedPublished: 0, resolvedNotPublished: 0, retried: 0 };
  for (const { id, state, video, account } of await store.jobs.list({
    states: ['unknown', 'dead'],
    limit: 1000,
  })) {
    if (state === 'dead') {
      await repost(['jobs', 'retry', String(id)]);
      work.retried += 1;
      continue;
    }
    const mark = /film-\d{7}/u.exec(video.caption)?.[0];
    const { remoteId = '' } = (await store.accounts.get(account.id)) ?? {};
    const found = sandbox.posts().find(
      // LinkedIn’s own names begin with `urn:li:person:`.
      (post) =>
        post.platform === account.platform &&
        remoteId.split(':').at(-1) === post.accountId &&
        markOf(post) === mark,
    );
    work[found ? 'resolvedPublished' : 'resolvedNotPublished'] += 1;
    const answer = found ? ['--published', found.url] : ['--not-published'];
    await repost(['jobs', 'resolve', String(id), ...answer]);
  }
  return work;
}
