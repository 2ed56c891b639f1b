import { openApp } from '../../src/cli/app.ts';
import { processIo } from '../../src/cli/io.ts';
import type { Agency } from '../load/agency.ts';
import type { Verdict } from '../load/judge.ts';
import type { PostgresServer } from '../store/postgres-program.ts';
import type { Host } from './crew.ts';
import type { Networks } from './networks.ts';
import type { Repost } from './person.ts';
import { say, size } from './words.ts';

/** All that takes part. */
export interface Stage {
  agency: Agency;
  repost: Repost;
  hosts: readonly Host[];
  networks: Networks | undefined;
  postgres: PostgresServer | undefined;
}

/** What platforms need to process a video is their affair: here the daemons shall be busy. */
const atOnce = {
  bluesky: { processingMs: 0 },
  mastodon: { processingSeconds: 0 },
  linkedin: { processingSeconds: 0 },
  pinterest: { processingSeconds: 0, noticeSeconds: 0 },
} as const;

/** Set up on one machine with a file, then moved to the server: as it grows in life. */
export async function settle(
  agency: Agency,
  repost: Repost,
  postgres: PostgresServer | undefined,
): Promise<void> {
  agency.answers.clear();
  // More often than TikTok's 600 listings a minute allow, over all hosts: that limit bites all the time.
  await repost(['config', 'set', 'poll.interval', '1s']);
  await repost(['config', 'set', 'retry.base', '1s']);
  for (const platform of size.platforms)
    await agency.sandbox.control(platform, 'quirks', atOnce[platform as keyof typeof atOnce]);
  if (!postgres) return;
  await agency.app.close();
  await repost(['store', 'migrate', '--to', postgres.address('agency')]);
  // The home itself knows where its secrets are, and from here on they move.
  delete agency.env['REPOST_VAULT'];
  await repost(['vault', 'move', 'database']);
  reopen(agency);
  say('moved to the server, and the secrets with it');
}

function reopen(agency: Agency): void {
  agency.app = openApp(
    { ...processIo(), env: agency.env },
    { noInput: true, warn: () => undefined, clock: agency.clock },
  );
}

/** Everything goes back into a file; it must show the same. */
export async function moveBack(agency: Agency, repost: Repost, { states }: Verdict): Promise<boolean> {
  await agency.app.close();
  await repost(['vault', 'move', 'file']);
  await repost(['store', 'migrate', '--to', 'sqlite']);
  reopen(agency);
  const counts = await (await agency.app.store()).jobs.counts();
  return JSON.stringify(counts) === JSON.stringify(states);
}
