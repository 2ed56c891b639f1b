import { describe, expect, it } from 'vitest';
import { mastodon } from '../../src/platforms/mastodon.ts';
import { candidates } from './candidates.ts';
import type { World } from './home.ts';
import { faultEverywhere, killEverywhere, platformContract } from './platform.ts';

const quirks = (change: object) => (world: World) => world.sandbox.control('mastodon', 'quirks', change);

platformContract(...candidates.mastodon);
platformContract(...candidates.mastodonWithoutKeys);

describe('Mastodon: a server that crashed before it kept the key', () => {
  const forgetful = { prepare: quirks({ honoursKeys: false }) };

  it('has one post all the same', async () => {
    expect((await killEverywhere(mastodon, forgetful)).breaches).toEqual([]);
    expect(await faultEverywhere(mastodon, { kind: 'lost' }, forgetful)).toEqual([]);
    expect(await faultEverywhere(mastodon, { kind: 'status-after', status: 500 }, forgetful)).toEqual([]);
  });
});
