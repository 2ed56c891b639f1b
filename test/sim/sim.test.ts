import { describe, expect, it } from 'vitest';
import { simulateAll } from './full/drive.ts';
import { simulate } from './lean/drive.ts';
import { usualWeather } from './lean/world.ts';

/** A few hours of few videos, with as much trouble as ever: what `npm run sim` does at length. */
const short = { ...usualWeather, videos: 6, death: 0.016 };

describe('the simulation', () => {
  it('of the small world loses nothing and doubles nothing', async () => {
    const { breaches, ended, crashes } = await simulate(1, short);
    expect(breaches).toEqual([]);
    expect(ended['published']).toBeGreaterThan(50);
    expect(crashes).toBeGreaterThan(0);
  });

  it('goes on where the process dies before it has begun to work', async () => {
    const { breaches, crashes } = await simulate(9, short);
    expect(breaches).toEqual([]);
    expect(crashes).toBeGreaterThan(0);
  });

  it('counts from the waking where a lid was closed between an intent and its request, and the process died at once', async () => {
    expect((await simulate(57, usualWeather)).breaches).toEqual([]);
  });

  it('counts a request that arrived late where its limit is short', async () => {
    expect((await simulate(61, usualWeather)).breaches).toEqual([]);
    // The same, its process dead meanwhile.
    expect((await simulate(36, usualWeather)).breaches).toEqual([]);
  });

  it('leaves alone what was made before the rule and listed before anybody first looked', async () => {
    expect((await simulate(170, usualWeather)).breaches).toEqual([]);
  });

  it('gives a breaker time from the waking where the trouble ended in a sleep', async () => {
    expect((await simulate(657, usualWeather)).breaches).toEqual([]);
  });

  it('counts a request that a renewed token sends again for the time at which it leaves', async () => {
    expect((await simulate(752, usualWeather)).breaches).toEqual([]);
  });

  it('plays the same world twice', async () => {
    const [one, other] = [await simulate(3, short), await simulate(3, short)];
    expect(other).toEqual(one);
  });

  it('of all real platforms loses nothing and doubles nothing', async () => {
    const { breaches, ended, crashes } = await simulateAll(2);
    expect(breaches).toEqual([]);
    expect(ended['published']).toBeGreaterThan(50);
    expect(crashes).toBeGreaterThan(0);
  });
});
