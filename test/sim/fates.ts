import { SECOND } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { RawResponse } from '../../src/net/wire.ts';
import type { Random } from './random.ts';

/** What becomes of one request. `done`: whether the server does its work. */
export interface Fate {
  name: string;
  done: 'never' | 'now' | 'late';
  /** What comes back in place of the true answer; undefined: the true one. */
  back?: (truth: RawResponse | undefined) => RawResponse;
  /** How long nobody says anything before that (ms). */
  silenceMs?: number;
}

/** As long as a client waits; a request that it gave up on arrives within this time all the same. */
const TIMEOUT_MS = 30 * SECOND;

const page = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers,
  text: '<html>trouble</html>',
});

function cut(): never {
  throw new Failure('E_NO_ANSWER', { message: 'The connection was cut.' });
}

function unreached(): never {
  throw new Failure('E_NETWORK', { message: 'The host can’t be reached.', certain: true });
}

/** What the network and the platforms do to a request, beside answering it. */
export const fates: readonly Fate[] = [
  { name: 'unreachable', done: 'never', back: unreached },
  { name: 'lost before', done: 'never', back: cut, silenceMs: TIMEOUT_MS },
  { name: 'lost after', done: 'now', back: cut },
  { name: 'lost after, silent', done: 'now', back: cut, silenceMs: TIMEOUT_MS },
  { name: 'arrives late', done: 'late', back: cut, silenceMs: TIMEOUT_MS },
  { name: '500 not done', done: 'never', back: () => page(500) },
  { name: '500 done', done: 'now', back: () => page(500) },
  { name: '502 done', done: 'now', back: () => page(502) },
  { name: '503', done: 'never', back: () => page(503, { 'retry-after': '20' }) },
  { name: '429', done: 'never', back: () => page(429) },
  { name: '429 with a wait', done: 'never', back: () => page(429, { 'retry-after': '45' }) },
  { name: 'garbage not done', done: 'never', back: () => page(200) },
  { name: 'garbage done', done: 'now', back: () => page(200) },
  {
    name: 'cut short',
    done: 'now',
    back: (truth) => ({ ...(truth ?? page(200)), text: (truth?.text ?? '').slice(0, -1) }),
  },
];

export const plain: Fate = { name: 'none', done: 'now' };

/** What befalls the next request, with this probability anything at all. */
export function fateOf(random: Random, probability: number): Fate {
  return random.chance(probability) ? random.pick(fates) : plain;
}
