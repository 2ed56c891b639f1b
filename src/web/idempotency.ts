import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DAY } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { WebDeps } from './deps.ts';
import { type Problem, problemOf } from './problem.ts';

/** How long an answer is kept for a repetition. */
const KEEP_MS = DAY;

/**
 * Does a change once for its key: a repetition gets the first answer. Without a key it is simply done. Throws
 * E_API_KEY where the key belongs to another request, E_WRONG_STATE while the first is under way.
 */
export async function answerOnce(
  { store, clock }: WebDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<unknown>,
): Promise<unknown> {
  const given = request.headers['idempotency-key'];
  if (typeof given !== 'string') return work();
  const key = `${request.caller?.id} ${given}`;
  const print = printOf(request);
  const earlier = await store.replies.begin(key, print, clock.now(), KEEP_MS);
  if (earlier) return again(earlier, print, reply);
  try {
    const answer = await work();
    await store.replies.finish(key, 200, JSON.stringify(answer));
    return answer;
  } catch (error) {
    const problem = problemOf(asFailure(error));
    // What passes by itself is worth another try with the same key.
    if (problem.status === 429 || problem.status >= 500) await store.replies.forget(key);
    else await store.replies.finish(key, problem.status, JSON.stringify(problem));
    throw error;
  }
}

function again(
  earlier: { request: string; status: number | null; body: string | null },
  print: string,
  reply: FastifyReply,
): unknown {
  if (earlier.request !== print) throw new Failure('E_API_KEY');
  if (earlier.status === null)
    throw new Failure('E_WRONG_STATE', { message: 'The first request with this key is still under way.' });
  const body = JSON.parse(earlier.body ?? 'null') as unknown;
  reply.code(earlier.status).header('idempotency-replayed', 'true');
  if (earlier.status >= 400) reply.type('application/problem+json');
  return body as Problem;
}

function printOf(request: FastifyRequest): string {
  const hash = createHash('sha256');
  hash.update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`);
  return hash.digest('hex');
}
