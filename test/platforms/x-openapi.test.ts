import { describe, expect, it } from 'vitest';
import { HOUR } from '../../src/core/clock.ts';
import { x } from '../../src/platforms/x.ts';
import type { Answer } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import type { XQuirks } from '../../src/sandbox/x-quirks.ts';
import { judgeBy, type SpecVersion } from './x-spec.ts';
import { MIB, mediaFile, openStage, video } from './x-stage.ts';

/** A whole life of the client: sign-in, a post whose answer is lost and looked for, the recent posts. */
async function live(
  quirks: Partial<XQuirks>,
  aiGenerated: boolean,
): Promise<{ request: SimRequest; answer: Answer }[]> {
  const stage = openStage();
  const exchanges: { request: SimRequest; answer: Answer }[] = [];
  const { dispatch } = stage.sandbox;
  stage.sandbox.dispatch = async (request) => {
    const answer = await dispatch(request);
    if (!('cut' in answer)) exchanges.push({ request, answer });
    else exchanges.push({ request, answer: { status: 0, headers: {}, body: Buffer.alloc(0) } });
    return answer;
  };
  await stage.quirks(quirks);
  const me = await stage.login();
  stage.sandbox.faults.add({ path: '^/2/tweets$', times: 1, action: { kind: 'lost' } });
  const options = { replies: 'following', ...(aiGenerated ? { paidPartnership: true } : {}) };
  const job = { media: mediaFile(2.5 * MIB), options, video: { ...video, aiGenerated } };
  expect((await me.drive({ job })).state).toBe('published');
  await x.recent!({ ...me, clock: stage.clock, since: stage.clock.now() - HOUR });
  expect(stage.sandbox.complaints()).toEqual([]);
  return exchanges.filter(
    ({ request }) => request.path.startsWith('/2/') && !request.path.startsWith('/2/oauth2/'),
  );
}

/** Version 2.159 demands members of media answers that it doesn't describe and that X's samples have nowhere. */
const undescribed = [
  " must have required property 'meta'",
  "/data/processing_info must have required property 'type'",
];

const calls = [
  'GET /2/users/me',
  'POST /2/media/upload/initialize',
  'POST /2/media/upload/:id/append',
  'POST /2/media/upload/:id/finalize',
  'GET /2/media/upload',
  'POST /2/tweets',
  'GET /2/users/:id/tweets',
];

describe.each<[SpecVersion, Partial<XQuirks>, boolean]>([
  ['2.159', { postAnswer: 'edit-id' }, false],
  ['2.167', { postAnswer: 'post-ids', fields: 'post', problemType: 'api.x.com' }, true],
])('by X’s own description %s', (version, quirks, aiGenerated) => {
  const judge = judgeBy(version);

  it('every request is one that X describes', async () => {
    const exchanges = await live(quirks, aiGenerated);
    const made = new Set(
      exchanges.map(({ request }) => `${request.method} ${request.path.replace(/\/\d{5,}/u, '/:id')}`),
    );
    expect([...made].sort()).toEqual([...calls].sort());
    for (const { request } of exchanges)
      expect({ [`${request.method} ${request.path}`]: await judge.request(request) }).toEqual({
        [`${request.method} ${request.path}`]: [],
      });
  });

  it('every answer of the simulator is one that X describes', async () => {
    for (const { request, answer } of await live(quirks, aiGenerated)) {
      if (answer.status === 0) continue;
      const name = `${request.method} ${request.path} → ${answer.body.toString()}`;
      const errors = judge
        .answer(request, answer)
        .filter((error) => version !== '2.159' || !undescribed.includes(error));
      expect({ [name]: errors }).toEqual({ [name]: [] });
    }
  });

  it('a mistake would be seen', async () => {
    const exchanges = await live(quirks, aiGenerated);
    const find = (path: RegExp) => exchanges.find(({ request }) => path.test(request.path))!.request;
    const post = find(/^\/2\/tweets$/u);
    const changed = (change: object) => ({
      ...post,
      body: Buffer.from(JSON.stringify({ ...JSON.parse(post.body.toString()), ...change })),
    });
    expect(await judge.request(changed({ privacy: 'public' }))).not.toEqual([]);
    expect(await judge.request(changed({ media: { media_ids: [1990] } }))).not.toEqual([]);
    expect(
      await judge.request({ ...post, headers: { ...post.headers, 'content-type': 'text/plain' } }),
    ).not.toEqual([]);
    expect(await judge.request({ ...post, headers: {} })).not.toEqual([]);
    const timeline = find(/^\/2\/users\/\d+\/tweets$/u);
    const asking = (query: Record<string, string>) =>
      judge.request({ ...timeline, query: new URLSearchParams(query) });
    expect(await asking({ max_results: '4' })).not.toEqual([]);
    expect(await asking({ expansions: 'attachments.media' })).not.toEqual([]);
    expect(await asking({ since: '1' })).not.toEqual([]);
    const append = find(/append$/u);
    expect(await judge.request({ ...append, path: append.path.replace(/\d+/u, 'x') })).not.toEqual([]);
  });
});
