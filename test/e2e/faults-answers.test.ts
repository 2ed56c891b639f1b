import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { type CrookedServer, crookedAnswers, openCrooked } from './crooked.ts';
import { type FaultStage, openStage } from './stage.ts';

const MINUTE = 60_000;

/** The request that makes the post visible, on platforms that settle doubt in three different ways. */
const publishing = [
  ['x', 'api.x.com', 'POST', /^\/2\/tweets$/u],
  ['mastodon', 'mastodon.social', 'POST', /^\/api\/v1\/statuses$/u],
  ['youtube', 'www.googleapis.com', 'PUT', /^\/upload\//u],
] as const;

describeWith({ faketime: 'faketime' }, 'an answer that is no answer, to the request that publishes', () => {
  let stage: FaultStage;
  let crooked: CrookedServer;

  beforeAll(async () => {
    stage = await openStage(publishing.map(([platform]) => platform));
    // Twelve videos in one day: more than a channel is trusted with by default.
    await stage.run('limits', 'set', 'youtube:@creator', 'channel', '1000');
    crooked = await openCrooked(stage.server.url);
    const origins = Object.entries(stage.server.origins).map(([origin, address]) => [
      origin,
      address.replace(stage.server.url, crooked.url),
    ]);
    writeFileSync(join(stage.dir, 'origins.json'), JSON.stringify(Object.fromEntries(origins)));
  }, 180_000);
  afterAll(async () => {
    await crooked?.close();
    await stage?.close();
  });

  // Several at once, one video each: a lane goes on with the next where one is in doubt.
  const kinds = Object.entries(crookedAnswers);
  const rounds = [kinds.slice(0, 4), kinds.slice(4, 8), kinds.slice(8, 10), kinds.slice(10)];

  it.each(rounds.map((round) => [round.map(([name]) => name).join(', '), round] as const))(
    '%s: it is said, and one post each',
    async (_names, round) => {
      crooked.disarm();
      for (const [, answer] of round)
        for (const [, host, method, path] of publishing) crooked.arm(host, method, path, answer);
      for (const [name] of round) await stage.publish(name);
      const first = await stage.sync();
      expect(first.code).toBe(0);
      for (const job of await stage.jobs()) {
        // Some are settled at once, by asking for the very thing that was sent; some had no turn behind a rest.
        if (job.state === 'published' || job.error === null) continue;
        expect(job).toMatchObject({
          state: 'waiting',
          error: { class: expect.stringMatching(/transient|limit/u) },
        });
        expect(job.error?.message).not.toMatch(/undefined|\[object|UND_ERR|HPE_/u);
      }
      for (let turn = 0, waiting = 1; turn < 4 && waiting > 0; turn += 1) {
        stage.skip(31 * MINUTE);
        waiting = (await stage.sync()).summary.waiting;
      }
      expect(crooked.fired()).toBe(publishing.length * round.length);
      for (const [name] of round) {
        for (const [platform] of publishing)
          expect(stage.shown(platform, name), `${platform}: ${name}`).toHaveLength(1);
        expect((await stage.jobs(name)).map(({ state }) => state)).toEqual(publishing.map(() => 'published'));
      }
      expect(stage.sandbox.complaints()).toEqual([]);
    },
    120_000,
  );
});
