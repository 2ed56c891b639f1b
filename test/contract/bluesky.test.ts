import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Http } from '../../src/core/http.ts';
import type { Platform } from '../../src/core/platform.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { keyFor } from '../../src/platforms/bluesky-record.ts';
import { candidates } from './candidates.ts';
import { faultEverywhere, platformContract } from './platform.ts';

platformContract(...candidates.bluesky);

/** Bluesky with a fresh key for every sending, which it is told was the one that it chose. */
const keyless: Platform = {
  ...bluesky,
  publish: (request) => {
    const send: Http['send'] = async (one) => {
      const { rkey, ...rest } = (one.json ?? {}) as { rkey?: string };
      if (rkey === undefined) return request.http.send(one);
      const fresh = keyFor('anybody', { remoteId: randomUUID(), publishedAt: request.clock.now() });
      const response = await request.http.send({ ...one, json: { ...rest, rkey: fresh } });
      const { uri } = response.json<{ uri: string }>();
      return { ...response, json: <T>() => ({ uri: uri.replace(fresh, rkey) }) as T };
    };
    return bluesky.publish({ ...request, http: { ...request.http, send } });
  },
};

describe('Bluesky: what keeps it from posting twice', () => {
  it('is the key: with another one for each sending the suite turns red', async () => {
    const breaches = await faultEverywhere(keyless, { kind: 'lost' });
    expect(breaches.join('\n')).toContain('2 posts for 1 job');
  });
});
