import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../core/failure.ts';
import { createBuckets } from './buckets.ts';
import { callerOf, isAtLeast } from './credentials.ts';
import type { Caller, WebDeps } from './deps.ts';
import type { Access } from './route.ts';
import { isSame } from './secrets.ts';

export const sessionCookie = 'repost_session';

/** Requests a minute of one caller, where its user has no number of its own. */
const USUAL_PER_MINUTE = 600;
/** Wrong tokens and codes a minute, of all together. Right ones are never held up by them. */
const WRONG_PER_MINUTE = 20;

/** Lets in who may come in: before bodies are read, and before anything says what is there. */
export function keepGate(app: FastifyInstance, deps: WebDeps): void {
  const { store, clock } = deps;
  const wrong = createBuckets(clock);
  const requests = createBuckets(clock);
  app.decorateRequest('caller', undefined);

  app.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config.access ?? 'admin of all';
    const caller = await identify(deps, request);
    request.caller = caller ?? undefined;
    if (access === 'open') return;
    if (!caller) {
      const wait = carriesSecret(request) ? wrong.take('all', WRONG_PER_MINUTE) : 0;
      if (wait > 0) throw busy(wait, reply);
      reply.header('www-authenticate', 'Bearer realm="repost"');
      throw new Failure('E_API_SIGN_IN');
    }
    const wait = requests.take(caller.user ?? caller.id, await perMinute(caller));
    if (wait > 0) throw busy(wait, reply);
    refuseRole(caller, access);
    // The word of a form stands in its body, which is read later.
    if (!isForm(request)) checkCsrf(request, caller);
  });

  app.addHook('preValidation', async (request) => {
    if (request.caller && isForm(request))
      checkWord((request.body as Record<string, unknown> | undefined)?.['_csrf'], request.caller);
  });

  async function perMinute({ user }: Caller): Promise<number> {
    if (user === null) return USUAL_PER_MINUTE;
    const row = (await store.users.list()).find(({ name }) => name === user);
    return row?.limits['requestsPerMinute'] ?? USUAL_PER_MINUTE;
  }
}

/** Codes are tried here only: a guesser gets few guesses. Throws E_API_BUSY. */
export function createCodeGuard(deps: WebDeps): (reply: HeaderSetter) => void {
  const tries = createBuckets(deps.clock);
  return (reply) => {
    const wait = tries.take('codes', WRONG_PER_MINUTE);
    if (wait > 0) throw busy(wait, reply);
  };
}

interface HeaderSetter {
  header(name: string, value: unknown): unknown;
}

function busy(waitMs: number, reply: HeaderSetter): Failure {
  const seconds = Math.ceil(waitMs / 1000);
  reply.header('retry-after', String(seconds));
  return new Failure('E_API_BUSY', { message: `Too many requests; the next one in ${seconds} s.` });
}

/** Throws E_API_ROLE. */
function refuseRole(caller: Caller, access: Exclude<Access, 'open'>): void {
  const needed = access === 'admin of all' ? 'admin' : access;
  if (isAtLeast(caller.role, needed) && (access !== 'admin of all' || caller.user === null)) return;
  throw new Failure('E_API_ROLE', {
    message: `That needs the role ${access}; this is ${caller.role}${caller.user === null ? '' : `, for ${caller.user}`}.`,
  });
}

/** True for a form on a route that takes forms: it brings the session's word in `_csrf`. */
function isForm(request: FastifyRequest): boolean {
  return request.method === 'POST' && request.routeOptions.config.form === true;
}

function checkCsrf(request: FastifyRequest, caller: Caller): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  checkWord(request.headers['x-csrf-token'], caller);
}

/** A browser sends its cookie whoever asks; only our page knows the session's second word. */
function checkWord(given: unknown, caller: Caller): void {
  if (caller.csrf === null) return;
  if (typeof given === 'string' && isSame(given, caller.csrf)) return;
  throw new Failure('E_API_ORIGIN', {
    message: 'The page’s token is missing or wrong; load the page again.',
  });
}

function carriesSecret(request: FastifyRequest): boolean {
  return request.headers.authorization !== undefined || cookieOf(request) !== undefined;
}

async function identify({ store, clock }: WebDeps, request: FastifyRequest): Promise<Caller | undefined> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, token] = /^Bearer +(\S+)$/iu.exec(authorization) ?? [];
    return token === undefined ? undefined : callerOf(store, 'token', token, clock.now());
  }
  const session = cookieOf(request);
  return session === undefined ? undefined : callerOf(store, 'session', session, clock.now());
}

export function cookieOf(request: FastifyRequest): string | undefined {
  for (const part of request.headers.cookie?.split(';') ?? []) {
    const [name, value] = part.trim().split('=');
    if (name === sessionCookie && value) return value;
  }
  return undefined;
}
