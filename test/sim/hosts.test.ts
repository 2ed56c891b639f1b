import { expect, it } from 'vitest';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { hostsWeather, simulateHosts } from './hosts/drive.ts';

/** Less than an hour, with as much trouble as ever: what `npm run sim -- --postgres` does at length. */
const short = { ...hostsWeather, videos: 1, death: 0.03, stall: 0.1 };

describeWithPostgres('the simulation of two hosts over PostgreSQL', (server) => {
  it('loses nothing and doubles nothing, and plays the same world twice', { timeout: 120_000 }, async () => {
    const one = await simulateHosts(1, short, server);
    expect(one.breaches).toEqual([]);
    expect(one.ended['published']).toBeGreaterThan(10);
    expect(one.crashes).toBeGreaterThan(0);
    expect(one.cutCommits).toBeGreaterThan(0);
    expect(await simulateHosts(1, short, server)).toEqual(one);
  });

  it('does so where their transactions meet', { timeout: 120_000 }, async () => {
    const { breaches, ended, cutCommits } = await simulateHosts(2, short, server);
    expect(breaches).toEqual([]);
    expect(ended['published']).toBeGreaterThan(10);
    expect(cutCommits).toBeGreaterThan(0);
  });
});
