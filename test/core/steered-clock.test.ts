import { expect, it } from 'vitest';
import { HOUR, SECOND, TestClock } from '../../src/core/clock.ts';
import { steered } from '../../src/core/steered-clock.ts';
import { T0 } from '../store/examples.ts';

it('goes by the other clock where that contradicts it, and only there', () => {
  const own = new TestClock(T0);
  const clock = steered(own);
  expect(clock.now()).toBe(T0);
  // Of an answer that took ten seconds nobody knows at which of them it was given.
  clock.learn(T0, T0 + 5 * SECOND, T0 + 10 * SECOND);
  clock.learn(T0, T0 + 900, T0);
  expect(clock.now()).toBe(T0);
  clock.learn(T0, T0 + HOUR, T0 + 20);
  expect(clock.now()).toBe(T0 + HOUR - 10);
  // It stays until it is contradicted: here by a machine whose clock was set right.
  clock.learn(T0, T0 + HOUR + 500, T0 + 20);
  expect(clock.now()).toBe(T0 + HOUR - 10);
  own.advance(HOUR);
  clock.learn(own.now(), T0 + HOUR, own.now());
  expect(clock.now()).toBe(T0 + HOUR);
  expect(clock.own.now()).toBe(own.now());
});

it('sleeps as the machine does', async () => {
  const own = new TestClock(T0);
  const clock = steered(own);
  clock.learn(T0, T0 + HOUR, T0);
  const slept = clock.sleep(SECOND);
  expect(own.nextWakeAt()).toBe(T0 + SECOND);
  own.advance(SECOND);
  await slept;
});
