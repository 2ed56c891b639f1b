import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Account, Grant } from '../../src/core/account.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Transport } from '../../src/net/wire.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { saveGrant } from '../../src/vault/grants.ts';
import { appPassword } from '../platforms/bluesky-stage.ts';
import { describeReal, type RealPds, realPlainHttp, startPds } from '../platforms/real-pds.ts';
import { drive, giveJob, openWorld, startLife, type World } from './home.ts';
import { mortality } from './mortal.ts';

/** The real server under a name that the video service could reach. */
const publicName = 'https://pds.example.net';

describeReal('Bluesky: the whole engine on a real server', () => {
  let real: RealPds;
  let video: Server;
  let grant: Grant;

  beforeAll(async () => {
    // The transport is made with the server's origins; the server here needs to know the transport's other side.
    let pds = '';
    video = videoService(() => pds);
    await new Promise<void>((resolve) => video.listen(0, '127.0.0.1', resolve));
    const { port } = video.address() as AddressInfo;
    real = await startPds({ [publicName]: '', 'https://video.bsky.app': `http://127.0.0.1:${port}` });
    pds = real.pds;
    const { appPassword: token } = await real.createAccount('dave.test');
    grant = await appPassword.fromToken({
      http: realPlainHttp(real),
      app: undefined,
      clock: systemClock,
      token,
      handle: 'dave.test',
    });
  });
  afterAll(async () => {
    await real?.stop();
    video?.close();
  });

  /** `direct`: the server is asked under its own name, and files go straight to it. */
  async function worldFor(
    way: 'direct' | 'service',
  ): Promise<{ world: World; account: Account; jobId: number }> {
    const world = await openWorld();
    const [identity] = await bluesky.identities({
      http: realPlainHttp(real).carrying(bluesky, grant),
      grant,
      app: undefined,
      clock: systemClock,
    });
    const { remoteId, handle, name, settings } = identity!;
    await saveGrant(world.vault, { platform: 'bluesky', remoteId }, grant);
    const account = await world.store.accounts.save(
      {
        platform: 'bluesky',
        remoteId,
        handle,
        name,
        user: 'me',
        scopes: grant.scopes,
        settings: way === 'direct' ? settings! : { ...settings, pds: publicName },
        expiresAt: undefined,
      },
      world.clock.now(),
    );
    world.clock.advance(Date.now() - world.clock.now());
    return { world, account, jobId: await giveJob(world, account) };
  }

  async function countOfPosts(): Promise<number> {
    const { body } = await real.call(
      `com.atproto.repo.listRecords?repo=dave.test&collection=app.bsky.feed.post&limit=100`,
    );
    return (body['records'] as unknown[]).length;
  }

  /** One life that dies at a point (0: never), then one that lives on. True where the death was reached. */
  async function liveAndDie(way: 'direct' | 'service', point: number): Promise<boolean> {
    const before = await countOfPosts();
    const { world, jobId } = await worldFor(way);
    const life = mortality(point);
    const first = await startLife(world, {
      platform: bluesky,
      store: life.store(world.store),
      transport: life.transport(real.transport),
    });
    await drive(world, {
      engine: {
        ...first.engine,
        pump: () => (life.dead ? Promise.reject(new Error('dead')) : first.engine.pump()),
      },
    }).catch(() => undefined);
    await first.engine.idle();
    const last = await startLife(world, { platform: bluesky, transport: real.transport as Transport });
    await last.engine.recover();
    await drive(world, last);
    const job = await world.store.jobs.get(jobId);
    expect([job?.state, job?.error?.message ?? null], `killed at ${point}`).toEqual(['published', null]);
    expect((await countOfPosts()) - before, `killed at ${point}`).toBe(1);
    await world.store.close();
    return life.dead;
  }

  it.each(['direct', 'service'] as const)(
    'posts once, wherever it is killed: %s',
    async (way) => {
      let point = 1;
      while (await liveAndDie(way, point)) point += 1;
      expect(point).toBeGreaterThan(8);
    },
    300_000,
  );
});

/** As the real one does: takes the file, makes it ready, and writes it into the account's server by the token. */
function videoService(pds: () => string): Server {
  const jobs = new Map<string, { polls: number; blob: unknown }>();
  const answer = async (url: URL, token: string, body: Buffer): Promise<[number, unknown]> => {
    if (url.pathname.endsWith('getUploadLimits'))
      return [200, { canUpload: true, remainingDailyVideos: 20, remainingDailyBytes: 1e9 }];
    if (url.pathname.endsWith('getJobStatus')) {
      const jobId = url.searchParams.get('jobId') ?? '';
      const job = jobs.get(jobId);
      if (!job) return [400, { error: 'InvalidRequest' }];
      job.polls += 1;
      if (job.polls === 1) return [200, { jobStatus: { jobId, state: 'JOB_STATE_ENCODING', progress: 40 } }];
      return [200, { jobStatus: { jobId, state: 'JOB_STATE_COMPLETED', blob: job.blob } }];
    }
    const jobId = `job-${jobs.size}`;
    const written = await fetch(`${pds()}/xrpc/com.atproto.repo.uploadBlob`, {
      method: 'POST',
      headers: { authorization: token, 'content-type': 'video/mp4' },
      body: Buffer.concat([body, Buffer.from('made ready')]),
    });
    if (written.status !== 200) return [500, await written.json()];
    jobs.set(jobId, { polls: 0, blob: ((await written.json()) as { blob: unknown }).blob });
    return [200, { jobId, did: url.searchParams.get('did'), state: 'JOB_STATE_CREATED' }];
  };
  return createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [status, body] = await answer(url, request.headers.authorization ?? '', Buffer.concat(chunks));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
}
