import { describe, expect, it } from 'vitest';
import { mastodon } from '../../src/platforms/mastodon.ts';
import type { World } from './home.ts';
import { faultEverywhere, killEverywhere, platformContract, weaknesses } from './platform.ts';

const quirks = (change: object) => (world: World) => world.sandbox.control('mastodon', 'quirks', change);

// Within the hour of these trials the server answers a repeated key with the first post, however it comes about.
platformContract(mastodon, {
  harmless: Object.keys(weaknesses) as (keyof typeof weaknesses)[],
  pairStride: 3,
});

// A server that speaks Mastodon's language and takes no notice of keys: there only looking helps.
platformContract(
  { ...mastodon, name: 'Mastodon without keys' },
  {
    prepare: quirks({
      version: '2.7.2 (compatible; Other 0.12.4)',
      honoursKeys: false,
      wholeScopes: true,
      exactPort: true,
      oldUploads: true,
      listSeconds: 10,
    }),
    pairStride: 3,
  },
);

describe('Mastodon: a server that crashed before it kept the key', () => {
  const forgetful = { prepare: quirks({ honoursKeys: false }) };

  it('has one post all the same', async () => {
    expect((await killEverywhere(mastodon, forgetful)).breaches).toEqual([]);
    expect(await faultEverywhere(mastodon, { kind: 'lost' }, forgetful)).toEqual([]);
    expect(await faultEverywhere(mastodon, { kind: 'status-after', status: 500 }, forgetful)).toEqual([]);
  });
});
