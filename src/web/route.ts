// Its types let a route say what its description shows.
import type {} from '@fastify/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TObject, TSchema } from 'typebox';
import type { Store } from '../store/types.ts';
import type { Caller, Deed, Role, WebDeps } from './deps.ts';
import { answerOnce } from './idempotency.ts';
import { problemSchema } from './schemas/problem.ts';
import { scopeStore } from './scope.ts';

/** A part of the server: pages, an area of the API, metrics. */
export type Part = (app: FastifyInstance, deps: WebDeps) => void | Promise<void>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may ask: everybody, whoever is signed in as at least this, or that without being bound to a user. */
    access?: Access;
    /** True: it takes forms of our pages, which bring the session's word in `_csrf`. */
    form?: true;
  }
  interface FastifyRequest {
    /** Undefined on open routes only. */
    caller: Caller | undefined;
  }
}

export type Access = 'open' | Role | 'admin of all';

/** What a route's work is given: all of it checked against the route's schemas. */
export interface Call<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  caller: Caller;
  /** Shows what the caller may see; the rest is not there. */
  store: Store;
  /** Does what a command does, within what the caller may see. */
  perform(deed: Deed): Promise<unknown>;
  reply: FastifyReply;
}

export interface Route<P extends TObject, Q extends TObject, B extends TSchema> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  /** Name of the function that a generated client has for it. */
  id: string;
  summary: string;
  /** What it is about: a chapter of the description. */
  tag: string;
  access: Access;
  params?: P;
  query?: Q;
  body?: B;
  answer: TSchema;
  run(call: Call<Static<P>, Static<Q>, Static<B>>): Promise<unknown>;
}

export const apiRoot = '/api/v1';

/** Puts one route of the API on the server. Its schemas check what comes in and describe the whole at `/docs`. */
export function addRoute<P extends TObject, Q extends TObject, B extends TSchema>(
  app: FastifyInstance,
  deps: WebDeps,
  route: Route<P, Q, B>,
): void {
  const changes = route.method !== 'GET';
  app.route({
    method: route.method,
    url: `${apiRoot}${route.url}`,
    config: { access: route.access },
    schema: {
      operationId: route.id,
      summary: route.summary,
      tags: [route.tag],
      description: `Access: ${route.access}.`,
      ...{ 'x-access': route.access },
      security: [{ bearer: [] }, { session: [] }],
      ...(route.params ? { params: route.params } : {}),
      ...(route.query ? { querystring: route.query } : {}),
      ...(route.body ? { body: route.body } : {}),
      ...(changes ? { headers: keyHeader } : {}),
      response: { 200: route.answer, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async (request, reply) => {
      const call = callOf<Static<P>, Static<Q>, Static<B>>(request, reply, deps);
      if (!changes) return route.run(call);
      return answerOnce(deps, request, reply, () => route.run(call));
    },
  });
}

const keyHeader = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'The same key with the same request, within a day, gives the first answer again.',
    },
  },
} as const;

function callOf<P, Q, B>(request: FastifyRequest, reply: FastifyReply, deps: WebDeps): Call<P, Q, B> {
  const caller = request.caller as Caller;
  const store = caller.user === null ? deps.store : scopeStore(deps.store, caller.user);
  return {
    params: request.params as P,
    query: request.query as Q,
    body: request.body as B,
    caller,
    store,
    perform: (deed) => deps.perform(caller.user, deed),
    reply,
  };
}
