import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { markOf } from '../load/judge.ts';

const exec = promisify(execFile);

export type Repost = (args: readonly string[]) => Promise<string>;

/** The real program, to its end. Throws with its words where it fails. */
export const repostOf =
  (program: string, env: NodeJS.ProcessEnv): Repost =>
  async (args) =>
    (await exec(process.execPath, [program, ...args], { env, maxBuffer: 2 ** 28 })).stdout;

interface JobFacts {
  id: number;
  state: string;
  video: { caption: string };
  destination: { platform: string; account: string };
}

export interface PersonsWork {
  resolvedPublished: number;
  resolvedNotPublished: number;
  retried: number;
}

/** A person who looks in: at the feeds for what nobody can know, and gives what was given up another try. */
export async function lookIn(repost: Repost, sandbox: Sandbox): Promise<PersonsWork> {
  const work = { resolvedPublished: 0, resolvedNotPublished: 0, retried: 0 };
  const list = ['jobs', 'list', '--state', 'unknown,dead', '--limit', '1000', '--json'];
  for (const { id, state, video, destination } of JSON.parse(await repost(list)) as JobFacts[]) {
    if (state === 'dead') {
      await repost(['jobs', 'retry', String(id)]);
      work.retried += 1;
      continue;
    }
    const mark = /film-\d{7}/u.exec(video.caption)?.[0];
    const { platform, account } = destination;
    const handle = account.split(':').at(-1);
    const ids = sandbox.world
      .accounts(platform as Parameters<typeof sandbox.world.accounts>[0])
      .filter((one) => handle?.startsWith(one.handle))
      .map((one) => one.id);
    const found = sandbox
      .posts()
      .find((post) => post.platform === platform && ids.includes(post.accountId) && markOf(post) === mark);
    work[found ? 'resolvedPublished' : 'resolvedNotPublished'] += 1;
    await repost([
      'jobs',
      'resolve',
      String(id),
      ...(found ? ['--published', found.url] : ['--not-published']),
    ]);
  }
  return work;
}
