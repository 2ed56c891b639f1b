import * as Type from 'typebox';
import { pageOfAll } from '../paging.ts';
import { addRoute, type Part } from '../route.ts';
import { roleSchema } from '../schemas/caller.ts';
import { token, user } from '../schemas/machine.ts';
import { nameParams, orNull, pageOf, pageQuery } from '../schemas/parts.ts';
import { tokenView } from '../views.ts';

const limits = Type.Object(
  {
    'posts-per-day': Type.Optional(orNull(Type.Integer({ minimum: 0, maximum: 1_000_000 }))),
    accounts: Type.Optional(orNull(Type.Integer({ minimum: 0, maximum: 1_000_000 }))),
    storage: Type.Optional(orNull(Type.Integer({ minimum: 0, maximum: 2 ** 50, description: 'Bytes.' }))),
    'requests-per-minute': Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
  },
  { additionalProperties: false, description: 'Null takes a limit away.' },
);

type Limits = Type.Static<typeof limits>;

/** Users and tokens. Making a token is left to the person at the machine: it does not cross the API. */
export const usersPart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/users',
    id: 'listUsers',
    summary: 'Owners of accounts and rules, their roles and limits',
    tag: 'users',
    access: 'admin of all',
    query: Type.Object(pageQuery),
    answer: pageOf(user),
    run: async ({ perform, query }) =>
      pageOfAll((await perform({ name: 'users' })) as { name: string }[], query, ({ name }) => name),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/users',
    id: 'addUser',
    summary: 'Add a user',
    tag: 'users',
    access: 'admin of all',
    body: Type.Object(
      { name: nameParams.properties.name, role: Type.Optional(roleSchema), limits: Type.Optional(limits) },
      { additionalProperties: false },
    ),
    answer: user,
    run: ({ perform, body }) =>
      perform({
        name: 'users add',
        args: [body.name],
        options: { role: body.role ?? 'operator', limit: limitTexts(body.limits) },
      }),
  });

  addRoute(app, deps, {
    method: 'PATCH',
    url: '/users/:name',
    id: 'setUser',
    summary: 'Change a user’s role or limits',
    tag: 'users',
    access: 'admin of all',
    params: nameParams,
    body: Type.Object(
      { role: Type.Optional(roleSchema), limits: Type.Optional(limits) },
      { additionalProperties: false },
    ),
    answer: user,
    run: ({ perform, params, body }) =>
      perform({
        name: 'users set',
        args: [params.name],
        options: { role: body.role, limit: body.limits && limitTexts(body.limits) },
      }),
  });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/users/:name',
    id: 'removeUser',
    summary: 'Remove a user who owns nothing any more, and the user’s tokens',
    tag: 'users',
    access: 'admin of all',
    params: nameParams,
    answer: user,
    run: ({ perform, params }) => perform({ name: 'users remove', args: [params.name] }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/tokens',
    id: 'listTokens',
    summary: 'Tokens of this API, without themselves; a bound caller sees its user’s',
    tag: 'tokens',
    access: 'operator',
    query: Type.Object(pageQuery),
    answer: pageOf(token),
    run: async ({ store, query }) =>
      pageOfAll(await store.credentials.list('token'), query, ({ id }) => id, tokenView),
  });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/tokens/:id',
    id: 'revokeToken',
    summary: 'End a token at once',
    tag: 'tokens',
    access: 'admin',
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 40 }) }),
    answer: token,
    run: ({ perform, params }) => perform({ name: 'token revoke', args: [params.id] }),
  });
};

function limitTexts(given: Limits = {}): string[] {
  return Object.entries(given).map(([name, value]) => `${name}=${value === null ? 'none' : String(value)}`);
}
