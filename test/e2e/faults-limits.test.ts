import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import type { Gate } from '../gate.ts';
import { describeWith } from '../tools.ts';
import { type FaultStage, openStage } from './stage.ts';

const MINUTE = 60_000;
const WAIT_MS = 20 * MINUTE;

/** Done when the first part of a video arrives. */
let atUpload: (() => Promise<unknown>) | undefined;

const gate: Gate = async (request, platform, answer) => {
  const hook = atUpload;
  if (hook && platform === 'x' && request.path.endsWith('/append')) {
    atUpload = undefined;
    await hook();
  }
  return answer();
};

describeWith({ faketime: 'faketime' }, 'a platform in trouble', () => {
  let stage: FaultStage;
  beforeAll(async () => {
    stage = await openStage(['x'], { gate });
  }, 180_000);
  afterAll(() => stage?.close());
  afterEach(() => stage.sandbox.faults.clear());

  /** Every request to X is answered so, until the returned function is called. */
  function storm(action: FaultAction): () => void {
    return stage.sandbox.faults.add({ platform: 'x', times: 1_000_000, action });
  }
  const asked = () => stage.sandbox.requests().filter(({ platform }) => platform === 'x').length;
  const refusal = (headers: Record<string, string>): FaultAction => ({
    kind: 'status',
    status: 429,
    headers,
    body: { title: 'Too Many Requests', status: 429 },
  });

  it.each([
    ['Retry-After in seconds', () => ({ 'retry-after': String(WAIT_MS / 1000) })],
    [
      'Retry-After as a date',
      () => ({
        // Read against the server's own clock, which here is ahead of this machine's.
        date: new Date(stage.clock.now()).toUTCString(),
        'retry-after': new Date(stage.clock.now() + WAIT_MS).toUTCString(),
      }),
    ],
    [
      'x-rate-limit-reset as an epoch',
      () => ({
        'x-rate-limit-limit': '40',
        'x-rate-limit-remaining': '0',
        'x-rate-limit-reset': String(Math.ceil((stage.clock.now() + WAIT_MS) / 1000)),
      }),
    ],
  ] as const)('429 with %s: nothing is asked before that time, then one post', async (name, headers) => {
    const calm = storm(refusal(headers()));
    await stage.publish(name);
    const began = stage.clock.now();
    expect((await stage.sync()).code).toBe(0);
    const [waiting] = await stage.jobs(name);
    expect(waiting).toMatchObject({
      state: 'waiting',
      reason: 'quota',
      error: { code: 'E_RATE_LIMIT', class: 'limit' },
    });
    // Dates are in whole seconds, and the answer took its time.
    const waitMs = Date.parse(waiting?.runAt ?? '') - began;
    expect(waitMs).toBeGreaterThan(WAIT_MS - 2000);
    expect(waitMs).toBeLessThan(WAIT_MS + 5 * MINUTE);
    calm();
    const before = asked();
    stage.skip(WAIT_MS - 6 * MINUTE);
    await stage.sync();
    expect(asked()).toBe(before);
    stage.skip(12 * MINUTE);
    expect((await stage.sync()).summary).toMatchObject({ published: 1, waiting: 0 });
    expect(stage.shown('x', name)).toHaveLength(1);
  });

  it('503 for a while: backs off, says what happened, and publishes once it is over', async () => {
    const calm = storm({ kind: 'status', status: 503, body: '<html>Over capacity</html>' });
    await stage.run('config', 'set', 'retry.base', '2h');
    await stage.publish('over capacity');
    expect((await stage.sync()).code).toBe(0);
    const [waiting] = await stage.jobs('over capacity');
    expect(waiting).toMatchObject({
      state: 'waiting',
      reason: 'backoff',
      attempt: 1,
      error: { code: 'E_PLATFORM_DOWN', class: 'transient', message: expect.stringContaining('503') },
    });
    await stage.run('config', 'set', 'retry.base', '10ms');
    calm();
    stage.skip(5 * 60 * MINUTE);
    expect((await stage.sync()).summary).toMatchObject({ published: 1, waiting: 0 });
    expect(stage.shown('x', 'over capacity')).toHaveLength(1);
  });

  it('500 for ever: the attempts end, the dead letter says why and what to do, and sync exits with 3', async () => {
    const calm = storm({ kind: 'status', status: 500, body: { title: 'Internal Server Error' } });
    await stage.publish('for ever');
    let ended = await stage.sync();
    for (let turn = 0; turn < 12 && ended.summary.dead === 0; turn += 1) {
      stage.skip(30 * MINUTE);
      ended = await stage.sync();
    }
    expect([ended.code, ended.summary.dead]).toEqual([3, 1]);
    const [dead] = await stage.jobs('for ever');
    expect(dead).toMatchObject({ state: 'dead', attempt: 5, error: { code: 'E_PLATFORM_DOWN' } });
    const { stdout } = await stage.run('jobs', 'show', String(dead?.id));
    expect(stdout).toContain(`$ repost jobs retry ${dead?.id}`);
    calm();
    stage.skip(60 * MINUTE);
    expect((await stage.run('jobs', 'retry', String(dead?.id))).code).toBe(0);
    expect((await stage.sync()).summary).toMatchObject({ published: 1, dead: 0, waiting: 0 });
    expect(stage.shown('x', 'for ever')).toHaveLength(1);
  });

  it('takes the sign-in away in the middle of an upload: the job waits for its person, then goes out once', async () => {
    atUpload = () => stage.sandbox.control('x', 'endTokens', { refresh: true });
    await stage.publish('revoked in mid-upload');
    const ended = await stage.sync();
    expect([ended.code, ended.summary.waiting]).toEqual([0, 1]);
    expect(atUpload).toBeUndefined();
    const [waiting] = await stage.jobs('revoked');
    expect(waiting).toMatchObject({
      state: 'waiting',
      reason: 'login',
      error: { class: 'auth', command: 'repost login x' },
    });
    const status = await stage.run('status');
    expect(status.stdout).toContain('repost login x');
    // A sign-in by the same person; the job goes out by itself.
    await stage.signIn('x');
    expect((await stage.sync()).summary).toMatchObject({ published: 1, waiting: 0 });
    expect(stage.shown('x', 'revoked')).toHaveLength(1);
  });
});
