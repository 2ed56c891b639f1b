import * as Type from 'typebox';
import { redeemCode } from '../credentials.ts';
import { cookieOf, createCodeGuard, sessionCookie } from '../gate.ts';
import { addRoute, apiRoot, type Part } from '../route.ts';
import { callerSchema } from '../schemas/caller.ts';
import { problemSchema } from '../schemas/problem.ts';

/** Who is asking, and how a browser becomes somebody: with a one-time code of `repost dashboard`. */
export const sessionPart: Part = (app, deps) => {
  const guard = createCodeGuard(deps);

  addRoute(app, deps, {
    method: 'GET',
    url: '/session',
    id: 'showSession',
    summary: 'Who is asking',
    tag: 'session',
    access: 'viewer',
    answer: callerSchema,
    run: async ({ caller: { kind, user, role, csrf } }) => ({ schemaVersion: 1, kind, user, role, csrf }),
  });

  app.route<{ Body: { code: string } }>({
    method: 'POST',
    url: `${apiRoot}/session`,
    config: { access: 'open' },
    schema: {
      operationId: 'signIn',
      summary: 'Sign a browser in with a one-time code',
      tags: ['session'],
      description: 'Access: open. The code comes from repost dashboard; the answer sets a cookie.',
      body: Type.Object({ code: Type.String({ maxLength: 200 }) }, { additionalProperties: false }),
      response: { 200: Type.Object({ ok: Type.Boolean() }), '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async (request, reply) => {
      guard(reply);
      const { secret, maxAgeSeconds } = await redeemCode(deps.store, request.body.code, deps.clock.now());
      setCookie(reply, secret, maxAgeSeconds);
      return { ok: true };
    },
  });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/session',
    id: 'signOut',
    summary: 'End this session',
    tag: 'session',
    access: 'viewer',
    answer: Type.Object({ ok: Type.Boolean() }),
    run: async ({ caller, reply }) => {
      if (caller.kind === 'session') await deps.store.credentials.take(caller.id, 'session');
      if (cookieOf(reply.request) !== undefined) setCookie(reply, '', 0);
      return { ok: true };
    },
  });

  /** The cookie goes to this site's own pages only, and no script reads it. */
  function setCookie(reply: { header(name: string, value: string): unknown }, value: string, maxAge: number) {
    const secure = deps.secure ? '; Secure' : '';
    reply.header(
      'set-cookie',
      `${sessionCookie}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure}`,
    );
  }
};
