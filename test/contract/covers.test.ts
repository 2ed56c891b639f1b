import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import type { Platform, PublishRequest } from '../../src/core/platform.ts';
import { facebook } from '../../src/platforms/facebook.ts';
import { linkedin } from '../../src/platforms/linkedin.ts';
import { mastodon } from '../../src/platforms/mastodon.ts';
import { telegram } from '../../src/platforms/telegram.ts';
import { youtube } from '../../src/platforms/youtube.ts';
import { telegramAccount } from '../platforms/telegram-stage.ts';
import { breachesOf, drive, giveJob, openWorld, signInTo, startLife, type World } from './home.ts';
import { type ContractOptions, faultEverywhere, killEverywhere } from './platform.ts';

const picture = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from('a picture')]);
const sha256 = createHash('sha256').update(picture).digest('hex');
const taken = () => Promise.resolve(new Uint8Array(picture));

/** The platform, for a rule that names the cover's moment. */
function withCover(platform: Platform, frame: () => Promise<Uint8Array> = taken): Platform {
  return {
    ...platform,
    publish: (request: PublishRequest) =>
      platform.publish({ ...request, options: { ...request.options, coverSeconds: 2 }, frame }),
  };
}

interface Case extends ContractOptions {
  platform: Platform;
  /** Makes the platform refuse covers, and nothing else. */
  refusing: (world: World) => unknown;
}

const refuseAt = (path: string) => (world: World) =>
  world.sandbox.faults.add({ path, times: 100, action: { kind: 'status', status: 403, body: {} } });
const quirks = (id: Platform['id'], change: object) => (world: World) =>
  world.sandbox.control(id, 'quirks', change);

const cases: Case[] = [
  {
    platform: youtube,
    prepare: quirks('youtube', { forgetsFinished: true }),
    refusing: refuseAt('/upload/youtube/v3/thumbnails/set'),
  },
  { platform: facebook, refusing: refuseAt('thumbnails$') },
  { platform: mastodon, refusing: quirks('mastodon', { refusesCovers: true }) },
  {
    platform: linkedin,
    prepare: quirks('linkedin', { duplicateHours: 0, leastBytes: 1000, partBytes: 400_000 }),
    refusing: refuseAt('thumbnail$'),
    mayAsk: true,
  },
  {
    platform: telegram,
    account: telegramAccount,
    refusing: quirks('telegram', { refusesCovers: true }),
    mayAsk: true,
  },
];

async function publishOnce(one: Case, platform: Platform, prepare?: Case['refusing']) {
  const world = await openWorld();
  await one.prepare?.(world);
  const account = await (one.account ?? ((here: World) => signInTo(here, platform)))(world);
  const jobId = await giveJob(world, account);
  await prepare?.(world);
  await drive(world, await startLife(world, { platform }));
  const job = await world.store.jobs.get(jobId);
  const shown = world.sandbox.posts().filter((post) => post.id === job?.post?.id);
  return { job, shown, breaches: await breachesOf(world, platform, [jobId]) };
}

describe.each(cases.map((one) => [one.platform.name, one] as const))('%s: a cover', (_name, one) => {
  it('is the picture that the rule names', async () => {
    const { job, shown, breaches } = await publishOnce(one, withCover(one.platform));
    expect(breaches).toEqual([]);
    expect(job?.post?.warnings).toEqual([]);
    expect(shown.map(({ facts }) => facts?.['cover'])).toEqual([sha256]);
  });

  it('that is refused leaves a post with a warning', async () => {
    const { job, shown, breaches } = await publishOnce(one, withCover(one.platform), one.refusing);
    expect(breaches).toEqual([]);
    expect(job?.state).toBe('published');
    expect(job?.post?.warnings).toEqual([expect.stringMatching(/could not be set/u)]);
    expect(shown.map(({ facts }) => facts?.['cover'])).toEqual([null]);
  });

  it('that could not be made leaves a post with a warning', async () => {
    const missing = () => Promise.reject(new Failure('E_TOOL_MISSING', { message: 'ffmpeg is not there.' }));
    const { job } = await publishOnce(one, withCover(one.platform, missing));
    expect(job?.state).toBe('published');
    expect(job?.post?.warnings).toEqual([expect.stringMatching(/ffmpeg is not there/u)]);
  });

  it('never doubles a post: a kill at every point, lost and garbled answers', async () => {
    const platform = withCover(one.platform);
    expect((await killEverywhere(platform, one)).breaches).toEqual([]);
    for (const action of [
      { kind: 'lost' },
      { kind: 'status-after', status: 500 },
      { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
    ] as const)
      expect(await faultEverywhere(platform, action, one)).toEqual([]);
  }, 240_000);
});
