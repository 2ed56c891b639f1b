import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { asFailure, Failure } from '../core/failure.ts';
import type { WebDeps } from './deps.ts';
import type { House } from './door.ts';
import { keepGate } from './gate.ts';
import { problemOf } from './problem.ts';
import { parts } from './routes.ts';
import { createValidators } from './validator.ts';

const MOST_BODY_BYTES = 256 * 1024;

/** The whole server behind the door: the API, its description, the pages. Writes no log: addresses may be secret. */
export async function openHouse(deps: WebDeps): Promise<House> {
  const app = createApp(deps);
  await app.ready();
  await deps.store.replies.dropUnfinished();
  return {
    answer: (request: IncomingMessage, response: ServerResponse) => app.routing(request, response),
    close: () => app.close(),
  };
}

/** `prepare` sees the application before its routes are added. */
export function createApp(
  deps: WebDeps,
  prepare: (app: FastifyInstance) => void = () => undefined,
): FastifyInstance {
  const app: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: MOST_BODY_BYTES,
    // Node takes 16 KiB of head: every part of an address that comes in is looked at by its route, which asks first who is there.
    routerOptions: { maxParamLength: 16_384, ignoreTrailingSlash: true },
    // What is wrong before a route is found.
    frameworkErrors: (error, _request, reply) => sendProblem(reply, problemOf(failureOf(error))),
    schemaController: {
      compilersFactory: {
        // Fastify’s types know its own validators only; the shape is the same.
        buildValidator: createValidators as never,
        // Answers are checked by the tests, not cut to their schema: what --json prints is what goes out.
        buildSerializer: () => () => JSON.stringify,
      },
    },
  });
  app.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(failureOf(error));
    if (problem.status >= 500) deps.complain(error);
    sendProblem(reply, problem);
  });
  app.setNotFoundHandler({ preHandler: [] }, () => {
    throw new Failure('E_NOT_FOUND', { message: 'There is nothing at this address.', hint: 'See /docs.' });
  });
  // A change without a body may say that it has one: many clients always do.
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, String(body), done);
  });
  keepGate(app, deps);
  prepare(app);
  for (const part of parts) void app.register(async (inner) => part(inner, deps));
  return app;
}

function sendProblem(reply: FastifyReply, problem: ReturnType<typeof problemOf>): void {
  void reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Fastify's own errors (body too large, not JSON, against the schema) are the caller's to mend. */
function failureOf(error: unknown): Failure {
  const { validation, validationContext, statusCode, message } = error as FastifyError;
  if (validation) {
    const [first] = validation;
    const place = `${validationContext ?? 'request'}${first?.instancePath.replaceAll('/', '.') ?? ''}`;
    return usage(`${place} ${first?.message ?? 'is not as described'}.`);
  }
  if (!(error instanceof Failure) && statusCode !== undefined && statusCode < 500) return usage(message);
  return asFailure(error);
}

function usage(message: string): Failure {
  return new Failure('E_USAGE', {
    message,
    hint: 'See /docs for what this address takes.',
    command: 'repost help',
  });
}
