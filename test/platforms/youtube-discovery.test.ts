import { describe, expect, it } from 'vitest';
import { youtube } from '../../src/platforms/youtube.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { answerFaults, methodOf, requestFaults } from './discovery.ts';
import { MIB, mediaFile, openStage, type Stage } from './youtube-stage.ts';

/** Requests to the API itself: not the sign-in, not the bytes of an upload. */
function apiRequests(stage: Stage): SimRequest[] {
  return stage.requests.filter(
    ({ origin, query }) => origin === 'https://www.googleapis.com' && !query.has('upload_id'),
  );
}

/** A stage on which every method that the platform knows has been called. */
async function exercised(): Promise<Stage> {
  const stage = openStage();
  await stage.quirks({ unknownFields: false });
  const me = await stage.login();
  await me.drive({
    job: { media: mediaFile(9 * MIB), options: { privacy: 'unlisted', license: 'creativeCommon' } },
  });
  await stage.quirks({ rejectDuplicates: true });
  await me.drive({ job: { media: mediaFile(9 * MIB) } });
  stage.sandbox.faults.add({ method: 'PUT', nth: 1, action: 'lost' });
  await me.drive({
    job: { media: mediaFile(4321, { durationMs: 1_000_000 }) },
    beforeRun: async (run) => {
      if (run === 1)
        await stage.pull('account', { account: '@creator', settings: { longUploadsStatus: 'allowed' } });
      if (run === 2) await stage.pull('expireSessions');
    },
  });
  await youtube.recent!({ http: me.http, account: me.account, clock: stage.clock, since: 0 });
  return stage;
}

describe('by Google’s description of the API', () => {
  it('every request is well formed', async () => {
    const requests = apiRequests(await exercised());
    const called = new Set(requests.map((request) => methodOf(request)?.id));
    expect([...called].sort()).toEqual([
      'youtube.channels.list',
      'youtube.playlistItems.list',
      'youtube.videos.insert',
      'youtube.videos.list',
    ]);
    for (const request of requests) expect(requestFaults(request)).toEqual([]);
  });

  it('every answer of the simulator is well formed', async () => {
    const stage = openStage();
    await stage.quirks({ unknownFields: false });
    const me = await stage.login();
    const { dispatch } = stage.sandbox;
    const faults: string[] = [];
    let answers = 0;
    stage.sandbox.dispatch = async (request) => {
      const answer = await dispatch(request);
      const text = 'cut' in answer ? '' : answer.body.toString();
      if (!('cut' in answer) && answer.status < 300 && text.startsWith('{')) {
        answers += 1;
        const asked = request.query.has('upload_id') ? { ...request, method: 'POST' } : request;
        faults.push(...answerFaults(asked, JSON.parse(text)));
      }
      return answer;
    };
    for (const outcome of ['processed', 'stuck', 'failed:codec', 'rejected:claim']) {
      await stage.quirks({ outcome });
      await me.drive();
      await youtube.recent!({ http: me.http, account: me.account, clock: stage.clock, since: 0 });
    }
    expect(answers).toBeGreaterThan(15);
    expect(faults).toEqual([]);
  });

  it('the check itself sees what is wrong', async () => {
    const [list] = apiRequests(await exercised()).filter(({ path }) => path.endsWith('/playlistItems'));
    const [insert] = apiRequests(await exercised()).filter(({ method }) => method === 'POST');
    const asking = (query: string) => requestFaults({ ...list!, query: new URLSearchParams(query) });
    expect(asking('part=snippet&maxResults=51')).toEqual(['maxResults=51 is out of bounds']);
    expect(asking('part=snippet&max=5')).toEqual(['youtube.playlistItems.list has no parameter max']);
    expect(asking('playlistId=1')).toEqual(['youtube.playlistItems.list wants part']);
    expect(asking('part=id&videoId=1&videoId=2')).toEqual(['videoId is given twice']);
    expect(requestFaults({ ...list!, path: '/youtube/v3/playlistitems' })).toHaveLength(1);
    const sending = (body: object) => requestFaults({ ...insert!, body: Buffer.from(JSON.stringify(body)) });
    expect(sending({ status: { privacyStatus: 'secret' } })).toEqual([
      'Video.status.privacyStatus: secret is none of its values',
    ]);
    expect(sending({ snippet: { tags: 'one' }, status: { embeddable: 'yes' } })).toEqual([
      'Video.snippet.tags is no list',
      'Video.status.embeddable is no boolean',
    ]);
    expect(sending({ snippets: {} })).toEqual(['Video has no property snippets']);
  });
});
