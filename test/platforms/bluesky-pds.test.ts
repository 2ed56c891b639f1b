import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Account, Grant } from '../../src/core/account.ts';
import { systemClock, TestClock } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import { accountHttp } from '../../src/net/http.ts';
import type { Transport } from '../../src/net/wire.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import type { Job } from './bluesky-stage.ts';
import { accountOf, appPassword, fitted, mediaFile, video } from './bluesky-stage.ts';
import { driveJob, memoryJournal } from './memory-run.ts';
import { describeReal, type RealPds, realPlainHttp, startPds } from './real-pds.ts';

/** A server that the video service could reach: it is the real one, under a public name. */
const publicName = 'https://pds.example.net';

describeReal('Bluesky: our client on a real server, by app password', () => {
  let real: RealPds;
  let secret: Awaited<ReturnType<RealPds['createAccount']>>;
  let grant: Grant;
  let account: Account;
  let videoCount = 0;

  beforeAll(async () => {
    real = await startPds({ [publicName]: '' });
    secret = await real.createAccount('alice.test');
    grant = await signInAs(secret.appPassword);
    const [identity] = await bluesky.identities({
      http: realPlainHttp(real).carrying(bluesky, grant),
      grant,
      app: undefined,
      clock: systemClock,
    });
    account = accountOf(identity!);
  });
  afterAll(() => real?.stop());

  const signInAs = (token: string) =>
    appPassword.fromToken({
      http: realPlainHttp(real),
      app: undefined,
      clock: systemClock,
      token,
      handle: '@alice.test',
    });

  const httpOn = (transport: Transport) =>
    accountHttp({
      transport,
      clock: systemClock,
      service: bluesky,
      timeoutMs: 30_000,
      tokens: { current: async () => grant, renew: async (refused) => refused },
      meter: { spend: async () => {}, learn: async () => {} },
    });

  /** Another video with each call. */
  function job(change: Partial<Job> = {}): Job {
    videoCount += 1;
    return {
      http: httpOn(real.transport),
      account,
      video: { ...video, remoteId: `${7_575_000_000_000_000_000n + BigInt(videoCount)}` },
      media: mediaFile(5000 + videoCount),
      text: fitted('Sunrise over the bay #sunrise https://example.com/a'),
      options: {},
      ...change,
    };
  }

  const clock = () => new TestClock(Date.now());

  async function records(): Promise<{ uri: string; cid: string; value: Record<string, unknown> }[]> {
    const { body } = await real.call(
      `com.atproto.repo.listRecords?repo=${account.remoteId}&collection=app.bsky.feed.post&limit=100`,
    );
    return body['records'] as { uri: string; cid: string; value: Record<string, unknown> }[];
  }

  it('knows who signed in', () => {
    expect(account).toMatchObject({ remoteId: secret.did, handle: '@alice.test' });
    expect(account.settings).toMatchObject({
      pds: real.pds,
      serverDid: 'did:web:localhost',
      signIn: 'app-password',
    });
    expect(grant.expiresAt).toBeGreaterThan(Date.now() + 3_600_000);
    expect(grant.refreshExpiresAt).toBeGreaterThan(Date.now() + 80 * 86_400_000);
  });

  it('refuses a wrong password, and the account’s own', async () => {
    await expect(signInAs('aaaa-bbbb-cccc-dddd')).rejects.toMatchObject({ code: 'E_LOGIN_CODE' });
    await expect(signInAs(secret.password)).rejects.toMatchObject({
      code: 'E_LOGIN_CODE',
      message: 'That is the account’s own password.',
    });
  });

  it('publishes a video with facets, description and shape', async () => {
    const wanted = job({ options: { langs: 'en', labels: 'nudity' } });
    const outcome = await driveJob(bluesky, wanted, clock());
    expect(outcome).toMatchObject({ state: 'published', runs: 1 });
    const [record] = await records();
    expect(outcome.post).toEqual({
      id: record!.uri,
      url: `https://bsky.app/profile/${secret.did}/post/${record!.uri.split('/').at(-1)}`,
    });
    expect(record!.value).toMatchObject({
      text: wanted.text.body,
      langs: ['en'],
      embed: {
        aspectRatio: { width: 1080, height: 1920 },
        video: { mimeType: 'video/mp4', size: wanted.media.bytes },
      },
      facets: [{ index: { byteStart: 21, byteEnd: 29 } }, { index: { byteStart: 30, byteEnd: 51 } }],
    });
    const { body } = await real.call(
      `com.atproto.repo.getRecord?repo=${secret.did}&collection=app.bsky.feed.post&rkey=${record!.uri.split('/').at(-1)}`,
    );
    expect(body['cid']).toBe(record!.cid);
  });

  it('posts the same job once, however often it is begun anew', async () => {
    const wanted = job();
    const before = (await records()).length;
    const first = await driveJob(bluesky, wanted, clock());
    const again = await driveJob(bluesky, wanted, clock());
    // Without its journal, with other words, and long after.
    const later = clock();
    later.advance(86_400_000);
    const changed = await driveJob(bluesky, { ...wanted, text: fitted('Other words') }, later);
    expect([again.post, changed.post]).toEqual([first.post, first.post]);
    expect(await records()).toHaveLength(before + 1);
    expect((await records()).some(({ value }) => value['text'] === 'Other words')).toBe(false);
  });

  it('leaves a post alone that is not its own', async () => {
    const wanted = job();
    await driveJob(bluesky, wanted, clock());
    const [newest] = (await records())
      .filter(({ uri }) => uri !== '')
      .sort((a, b) => (a.value['createdAt']! < b.value['createdAt']! ? 1 : -1));
    const rkey = newest!.uri.split('/').at(-1);
    await real.call(
      'com.atproto.repo.putRecord',
      {
        repo: secret.did,
        collection: 'app.bsky.feed.post',
        rkey,
        record: { $type: 'app.bsky.feed.post', text: 'by hand', createdAt: '2026-01-01T00:00:00Z' },
      },
      secret.token,
    );
    const outcome = await driveJob(bluesky, wanted, clock());
    expect(outcome).toMatchObject({ state: 'unknown', error: { code: 'E_UNKNOWN_OUTCOME' } });
  });

  it('survives every lost answer with one post', async () => {
    for (let nth = 1; ; nth += 1) {
      const before = (await records()).length;
      let count = 0;
      const transport: Transport = {
        ...real.transport,
        async send(raw) {
          const answer = await real.transport.send(raw);
          count += 1;
          if (count === nth) throw Object.assign(new Error('the answer was lost'), { name: 'Lost' });
          return answer;
        },
      };
      const outcome = await driveJob(bluesky, job({ http: httpOn(transport) }), clock());
      expect(outcome.state, `lost at ${nth}`).toBe('published');
      expect(await records()).toHaveLength(before + 1);
      if (count < nth) break;
    }
  });

  it('survives a death at every write to its journal with one post', async () => {
    for (let nth = 1; ; nth += 1) {
      for (const when of ['before', 'after'] as const) {
        const before = (await records()).length;
        const journal = memoryJournal();
        journal.crashAt(nth, when);
        const outcome = await driveJob(bluesky, job(), clock(), { journal });
        expect(outcome.state, `died ${when} write ${nth}`).toBe('published');
        expect(await records()).toHaveLength(before + 1);
        if (!outcome.waits.includes('crash')) return;
      }
    }
  });

  it('sends a file again that the server has swept away', async () => {
    const wanted = job();
    const journal = memoryJournal();
    // As if it had been uploaded long ago: the record names a file that is not there.
    const gone = {
      $type: 'blob',
      ref: { $link: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' },
      mimeType: 'video/mp4',
      size: 5000,
    };
    await journal.done(1, 'choose the key', 'step', JSON.stringify('3m66fxuzc2s2a'), 0);
    await journal.done(1, 'upload', 'step', JSON.stringify({ blob: gone }), 0);
    const outcome = await driveJob(bluesky, wanted, clock(), { journal });
    expect(outcome).toMatchObject({ state: 'published', runs: 1 });
  });

  it('says when a file is too big for the server', async () => {
    const outcome = await driveJob(bluesky, job({ media: mediaFile(9 * 2 ** 20) }), clock());
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
  });

  it('renews the sign-in; the replaced token gives the same successor for a while', async () => {
    const old = await signInAs(secret.appPassword);
    const renew = () =>
      appPassword.refresh!({
        http: realPlainHttp(real),
        app: { platform: 'bluesky', host: '', clientId: '', settings: {} },
        clock: systemClock,
        grant: old,
        account,
      });
    const [first, second] = [await renew(), await renew()];
    const claims = (grant: Grant) =>
      JSON.parse(Buffer.from(grant.refreshToken!.split('.')[1]!, 'base64url').toString()) as { jti: string };
    expect(claims(second).jti).toBe(claims(first).jti);
    expect(claims(first).jti).not.toBe(claims(old).jti);

    await appPassword.revoke!({
      http: realPlainHttp(real),
      app: { platform: 'bluesky', host: '', clientId: '', settings: {} },
      clock: systemClock,
      grant: first,
      account,
    });
    const refused = (await appPassword.refresh!({
      http: realPlainHttp(real),
      app: { platform: 'bluesky', host: '', clientId: '', settings: {} },
      clock: systemClock,
      grant: first,
      account,
    }).catch((error: unknown) => error)) as Failure;
    expect(refused).toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
  });

  it('reads the account’s posts and the server’s limits', async () => {
    const recent = await bluesky.recent!({
      http: httpOn(real.transport),
      account,
      clock: systemClock,
      since: Date.now() - 3_600_000,
    });
    expect(recent?.length).toBeGreaterThan(3);
    expect(recent?.[0]?.url).toMatch(/^https:\/\/bsky\.app\/profile\/did:plc:/u);
    const response = await httpOn(real.transport).send({
      url: `${real.pds}/xrpc/com.atproto.server.getSession`,
    });
    const [reading] = bluesky.readings!(response, { url: real.pds }, systemClock);
    expect(reading).toMatchObject({ bucket: 'requests', max: 3000 });
    expect(reading!.remaining).toBeGreaterThan(0);
    expect(reading!.resetsAt! - Date.now()).toBeLessThan(310_000);
  });
});
