import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/core/clock.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { home, openStage, type SignedIn, type Stage, self } from './bluesky-stage.ts';
import type { Outcome } from './memory-run.ts';

let stage: Stage;
let me: SignedIn;

beforeEach(async () => {
  stage = openStage();
  me = await stage.login();
  stage.requests.length = 0;
});

const posts = () => stage.sandbox.posts();
const sent = (method: string) => stage.sent(method).length;
const expectOnePost = (outcome: Outcome) => stage.expectOnePost(outcome);
const PUT = 'com.atproto.repo.putRecord';
const STATUS = 'app.bsky.video.getJobStatus';

describe('tokens and servers', () => {
  it.each(['browser', 'password'] as const)(
    'renews a token that ends in the middle of an upload: %s',
    async (way) => {
      me = await stage.login(way);
      const first = me.grant().accessToken;
      stage.justBefore(STATUS, () => stage.clock.advance(3 * HOUR));
      const outcome = await me.drive();
      expectOnePost(outcome);
      expect(me.grant().accessToken).not.toBe(first);
      expect(outcome.waits.every((wait) => !wait.includes('login'))).toBe(true);
    },
  );

  it('answers a server that wants another proof', async () => {
    stage.justBefore(PUT, () => stage.pull('rotateNonces'));
    expectOnePost(await me.drive());
    expect(sent(PUT)).toBe(2);
    const [one, two] = stage.sent(PUT).map(({ headers }) => headers['dpop']);
    expect(one).not.toBe(two);
  });

  it.each(['browser', 'password'] as const)('finds an account that has moved: %s', async (way) => {
    me = await stage.login(way);
    await stage.pull('move', { account: '@creator', pds: 'https://shimeji.us-west.host.bsky.network' });
    stage.requests.length = 0;
    expectOnePost(await me.drive());
    expect(stage.sent(PUT).every(({ origin }) => origin.includes('shimeji'))).toBe(true);
    // Learned once, not asked again and again.
    expect(stage.requests.filter(({ origin }) => origin.includes('plc')).length).toBe(1);
    expect(
      await bluesky.recent!({ http: me.http, account: me.account, clock: stage.clock, since: 0 }),
    ).toHaveLength(1);
  });

  it('finds an account that moves between upload and post', async () => {
    stage.justBefore(PUT, () =>
      stage.pull('move', { account: '@creator', pds: 'https://shimeji.us-west.host.bsky.network' }),
    );
    const outcome = await me.drive();
    expectOnePost(outcome);
    expect(stage.sent(PUT).map(({ origin }) => origin.includes('shimeji'))).toContain(true);
  });

  it('asks for its person where the account has moved to somebody else’s server', async () => {
    await stage.pull('move', { account: '@creator', pds: self });
    expect(await me.drive()).toMatchObject({ state: 'waiting', error: { class: 'auth' } });
    me = await stage.login();
    expect(me.account.settings).toMatchObject({ pds: self, issuer: self });
    expectOnePost(await me.drive());
  });

  it.each(['deactivated', 'takendown'])('stops for an account that is %s', async (status) => {
    await stage.pull('status', { account: '@creator', status });
    expect(await me.drive()).toMatchObject({ state: 'waiting', error: { code: 'E_ACCOUNT_BLOCKED' } });
  });

  it('stops when its person took the access away', async () => {
    await stage.pull('endSessions', { account: '@creator' });
    expect(await me.drive()).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' } });
  });
});

describe('recent posts', () => {
  it('are the account’s own, newest first, from an instant on', async () => {
    const since = stage.clock.now();
    await me.drive();
    stage.clock.advance(DAY);
    await stage.pull('post', { account: '@creator', text: 'by hand' });
    await stage.pull('post', { account: '@second', text: 'somebody else' });
    const read = (from: number) =>
      bluesky.recent!({ http: me.http, account: me.account, clock: stage.clock, since: from });
    expect((await read(since))?.map(({ text }) => text)).toEqual([
      'by hand',
      expect.stringContaining('Sunrise'),
    ]);
    expect((await read(since + HOUR))?.map(({ text }) => text)).toEqual(['by hand']);
    expect((await read(since))?.[1]).toMatchObject({ id: posts().at(-1)!.id, url: posts().at(-1)!.url });
  });

  it('come in pages', async () => {
    for (let n = 0; n < 130; n += 1) {
      stage.clock.advance(1000);
      await stage.pull('post', { account: '@creator', text: `number ${n}` });
    }
    const all = await bluesky.recent!({ http: me.http, account: me.account, clock: stage.clock, since: 0 });
    expect(all).toHaveLength(130);
    expect(all?.[0]?.text).toBe('number 129');
    expect(
      stage.requests.filter(({ origin, path }) => origin === home && path.endsWith('listRecords')),
    ).toHaveLength(2);
  });
});
