import { expect, it } from 'vitest';
import { HOUR, SECOND } from '../../src/core/clock.ts';
import { peerClock } from '../../src/core/peer-clock.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const date = (at: number) => new Date(at).toUTCString();

it('tells how far a service’s clock is ahead, each for itself', () => {
  const peers = peerClock();
  expect(peers.aheadOf('x')).toBe(0);
  peers.note('x', date(NOW + HOUR), NOW - SECOND, NOW);
  peers.note('youtube', date(NOW - HOUR), NOW - SECOND, NOW);
  expect(peers.aheadOf('x')).toBe(HOUR);
  expect(peers.aheadOf('youtube')).toBe(-HOUR);
  peers.note('x', date(NOW + HOUR), NOW + HOUR, NOW + HOUR);
  expect(peers.aheadOf('x')).toBe(0);
});

it('forgets what was noted where this machine’s clock is set right meanwhile', () => {
  let steeredMs = 0;
  const peers = peerClock(() => steeredMs);
  // Three hours behind, all services seem ahead; then it goes by a clock that is right.
  peers.note('x', date(NOW + 3 * HOUR), NOW, NOW);
  steeredMs = 3 * HOUR;
  expect(peers.aheadOf('x')).toBe(0);
  expect(peers.aheadOf('never heard')).toBe(0);
  // It agrees, then its own clock is set back, and that is made up for.
  peers.note('x', date(NOW + 3 * HOUR), NOW + 3 * HOUR, NOW + 3 * HOUR);
  steeredMs = 6 * HOUR;
  expect(peers.aheadOf('x')).toBe(0);
});

it.each([
  ['a few seconds of an answer on its way', date(NOW - 4 * SECOND), NOW],
  ['an answer without its time', undefined, NOW],
  ['a time that is none', 'soon', NOW],
  ['an answer that a closed lid held up', date(NOW), NOW + 2 * HOUR],
])('makes nothing of %s', (_what, said, endedAt) => {
  const peers = peerClock();
  peers.note('x', said, NOW, endedAt);
  expect(peers.aheadOf('x')).toBe(0);
});
