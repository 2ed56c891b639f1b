import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { platformIds } from '../../src/core/names.ts';
import { OffsetClock } from '../../src/sandbox/clock.ts';
import {
  backTo,
  basicOf,
  challengeOf,
  createCodes,
  createTokens,
  redirectMatches,
} from '../../src/sandbox/oauth.ts';
import { createWorld } from '../../src/sandbox/world.ts';

describe('the world', () => {
  it('is the same for the same seed', () => {
    const make = (seed: number) => {
      const world = createWorld({ clock: new TestClock(), seed });
      return [world.token('a.'), world.token('b', 10), world.snowflake(), world.random()];
    };
    expect(make(1)).toEqual(make(1));
    expect(make(1)).not.toEqual(make(2));
  });

  it('gives ids of 19 digits that grow, also within a millisecond and when the clock goes back', () => {
    const clock = new TestClock();
    const world = createWorld({ clock, seed: 1 });
    const ids = [world.snowflake(), world.snowflake()];
    clock.advance(-60_000);
    ids.push(world.snowflake());
    clock.advance(120_000);
    ids.push(world.snowflake());
    expect(ids.every((id) => /^\d{19}$/u.test(id))).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has an app and two accounts on every platform', () => {
    const world = createWorld({ clock: new TestClock(), seed: 1, apps: { x: [] } });
    for (const platform of platformIds) {
      expect(world.accounts(platform).map(({ handle }) => handle)).toEqual(['@creator', '@second']);
      const app = world.app(platform, `sandbox-${platform}-id`);
      expect(app?.clientSecret).toBe(platform === 'x' ? undefined : `sandbox-${platform}-secret`);
    }
  });

  it('keeps media by its hash', () => {
    const world = createWorld({ clock: new TestClock(), seed: 1 });
    const sha256 = world.keepMedia(Buffer.from('abc'));
    expect(sha256).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(world.media(sha256)?.toString()).toBe('abc');
  });
});

describe('the clock that can be moved ahead', () => {
  it('wakes sleepers whose time comes by being moved, and no others', async () => {
    const base = new TestClock();
    const clock = new OffsetClock(base);
    const woken: string[] = [];
    const short = clock.sleep(1000).then(() => woken.push('short'));
    const long = clock.sleep(10_000).then(() => woken.push('long'));
    clock.advance(1500);
    await short;
    expect(woken).toEqual(['short']);
    expect(clock.now()).toBe(base.now() + 1500);
    await expect.poll(() => base.nextWakeAt()).toBe(base.now() + 8500);
    base.advance(8500);
    await long;
    expect(woken).toEqual(['short', 'long']);
  });

  it('rejects with the signal’s reason', async () => {
    const clock = new OffsetClock(new TestClock());
    const stop = new AbortController();
    const sleeping = clock.sleep(1000, stop.signal);
    stop.abort(new Error('stop'));
    await expect(sleeping).rejects.toThrow('stop');
  });
});

describe('pieces of OAuth', () => {
  it('codes work once and end', () => {
    const clock = new TestClock();
    const codes = createCodes<string>(clock, 1000);
    codes.issue('a', 'A');
    codes.issue('b', 'B');
    expect(codes.take('a')).toEqual({ state: 'ok', data: 'A' });
    expect(codes.take('a')).toEqual({ state: 'used', data: 'A' });
    clock.advance(1000);
    expect(codes.take('b')).toEqual({ state: 'expired', data: 'B' });
    expect(codes.take('c')).toEqual({ state: 'unknown' });
  });

  it('tokens end on the clock, by order, or are forgotten', () => {
    const clock = new TestClock();
    const tokens = createTokens<number>(clock);
    for (const n of [1, 2, 3, 4]) tokens.issue(`t${n}`, n, n === 4 ? undefined : 1000);
    const state = (token: string) => tokens.find(token).state;
    tokens.drop('t1');
    expect(tokens.expireWhere((n) => n === 2)).toBe(1);
    expect(['t1', 't2', 't3', 't4'].map(state)).toEqual(['unknown', 'expired', 'ok', 'ok']);
    clock.advance(1000);
    expect(['t3', 't4'].map(state)).toEqual(['expired', 'ok']);
    expect(tokens.dropWhere((n) => n > 2)).toBe(2);
    expect(state('t4')).toBe('unknown');
  });

  it('challenges: base64url of RFC 7636 appendix B, and hex', () => {
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    expect(challengeOf(verifier, 'S256')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
    expect(challengeOf(verifier, 'S256-hex')).toMatch(/^13d31e961a1ad8ec2f16b10c4c982e08[0-9a-f]{32}$/u);
  });

  it('redirect addresses are compared exactly, but for a starred port', () => {
    const registered = ['http://127.0.0.1:*/callback/', 'https://localhost:8443/callback'];
    const cases: [string, boolean][] = [
      ['http://127.0.0.1:53412/callback/', true],
      ['http://127.0.0.1:53412/callback', false],
      ['http://localhost:53412/callback/', false],
      ['https://127.0.0.1:53412/callback/', false],
      ['http://127.0.0.1:/callback/', false],
      ['http://127.0.0.1:1@evil.example:2/callback/', false],
      ['https://localhost:8443/callback', true],
      ['https://localhost:8443/callback/', false],
    ];
    for (const [uri, fits] of cases) expect([uri, redirectMatches(registered, uri)]).toEqual([uri, fits]);
  });

  it('adds an answer to a redirect address and reads Basic', () => {
    expect(backTo('http://127.0.0.1:1/c?x=1', { code: 'a/b', error: undefined })).toBe(
      'http://127.0.0.1:1/c?x=1&code=a%2Fb',
    );
    const authorization = `Basic ${Buffer.from('id:se:cret').toString('base64')}`;
    const request = {
      origin: 'https://x.example',
      method: 'GET',
      path: '/',
      query: new URLSearchParams(),
      headers: { authorization },
      body: Buffer.alloc(0),
      complete: true,
    };
    expect(basicOf(request)).toEqual({ user: 'id', password: 'se:cret' });
  });
});
