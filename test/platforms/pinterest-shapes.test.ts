import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/core/clock.ts';
import { pinterest } from '../../src/platforms/pinterest.ts';
import type { Answer } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { openPinterest, textOf } from './pinterest-stage.ts';
import { video } from './stage.ts';

interface Shapes {
  definitions: object;
  calls: Record<string, { status: number; request?: object; answer: object }>;
}

const shapes = JSON.parse(
  readFileSync(new URL('../fixtures/pinterest/shapes.json', import.meta.url), 'utf8'),
) as Shapes;
const ajv = new Ajv({ strict: false, allErrors: true });

function errorsOf(schema: object, value: unknown): string[] {
  const validate = ajv.compile({ ...schema, definitions: shapes.definitions });
  return validate(value) ? [] : (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
}

const callOf = ({ method, path }: SimRequest) => `${method} ${path.replace(/\/\d{5,}/gu, '/:id')}`;

/** A whole life of the client: sign-in, a Pin whose answer is lost and looked for, a renewal, the recent Pins. */
async function live(): Promise<{ request: SimRequest; answer: Answer }[]> {
  const stage = openPinterest();
  const exchanges: { request: SimRequest; answer: Answer }[] = [];
  const { dispatch } = stage.sandbox;
  stage.sandbox.dispatch = async (request) => {
    const answer = await dispatch(request);
    if (!('cut' in answer) && request.origin === 'https://api.pinterest.com')
      exchanges.push({ request, answer });
    return answer;
  };
  const me = await stage.login();
  stage.sandbox.faults.add({ method: 'POST', path: '^/v5/pins$', times: 1, action: { kind: 'lost' } });
  expect((await me.drive()).state).toBe('published');
  const options = { altText: 'x'.repeat(600), coverSeconds: 3 };
  const long = textOf('word '.repeat(400), {}, 'title '.repeat(40));
  const other = { ...video, url: `${video.url}1` };
  expect((await me.drive({ job: { text: long, options, video: other } })).state).toBe('published');
  stage.clock.advance(31 * DAY);
  const { http, account } = me;
  await pinterest.recent!({ http, account, clock: stage.clock, since: stage.clock.now() - 40 * DAY });
  expect(stage.sandbox.complaints()).toEqual([]);
  return exchanges.filter(({ answer }) => answer.status < 400);
}

describe('by what Pinterest’s own description says', () => {
  it('every call, request and answer is one of those', async () => {
    const exchanges = await live();
    expect(new Set(exchanges.map(({ request }) => callOf(request)))).toEqual(
      new Set(Object.keys(shapes.calls)),
    );
    for (const { request, answer } of exchanges) {
      const call = callOf(request);
      const shape = shapes.calls[call]!;
      const sent = shape.request ? errorsOf(shape.request, JSON.parse(request.body.toString())) : [];
      const got = errorsOf(shape.answer, JSON.parse(answer.body.toString()));
      expect({ [call]: { status: answer.status, sent, got } }).toEqual({
        [call]: { status: shape.status, sent: [], got: [] },
      });
    }
  });

  it('finds what is wrong', () => {
    const { request } = shapes.calls['POST /v5/pins']!;
    const good = {
      board_id: '1',
      media_source: { source_type: 'video_id', media_id: '5', cover_image_key_frame_time: 0 },
    };
    expect(errorsOf(request!, good)).toEqual([]);
    expect(errorsOf(request!, { ...good, board_id: 1 })).not.toEqual([]);
    expect(errorsOf(request!, { ...good, title: 'x'.repeat(101) })).not.toEqual([]);
    expect(errorsOf(request!, { ...good, titel: 'x' })).not.toEqual([]);
    const half = { ...good.media_source, cover_image_key_frame_time: HOUR / 7 };
    expect(errorsOf(request!, { ...good, media_source: half })).not.toEqual([]);
  });
});
