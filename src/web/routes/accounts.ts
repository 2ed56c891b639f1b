import * as Type from 'typebox';
import { limitOf, pageOfAll } from '../paging.ts';
import { addRoute, type Part } from '../route.ts';
import { account, error, limit, source } from '../schemas/objects.ts';
import { flag, idParams, orNull, pageOf, pageQuery, text } from '../schemas/parts.ts';
import { signInView } from '../sign-in-view.ts';
import { accountView, sourceView } from '../views.ts';

const details = Type.Object(
  { ...account.properties, limits: Type.Array(limit) },
  { title: 'AccountDetails' },
);

/** Accounts and sources. Signing in is left to the person at the machine: its secrets do not cross the API. */
export const accountsPart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/accounts',
    id: 'listAccounts',
    summary: 'All accounts that are signed in',
    tag: 'accounts',
    access: 'viewer',
    query: Type.Object(pageQuery),
    answer: pageOf(account),
    run: async ({ store, query }) => {
      const [rules, sources] = [await store.rules.list(), await store.sources.list()];
      const now = deps.clock.now();
      return pageOfAll(
        await store.accounts.list(),
        query,
        ({ id }) => id,
        (one) => ({ ...accountView(one), signIn: signInView(one, rules, sources, now) }),
      );
    },
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/accounts/:id',
    id: 'showAccount',
    summary: 'One account with its limits',
    tag: 'accounts',
    access: 'viewer',
    params: idParams,
    answer: details,
    run: ({ perform, params }) => perform({ name: 'accounts show', args: [String(params.id)] }),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/accounts/:id/check',
    id: 'checkAccount',
    summary: 'Ask the platform whether the sign-in works',
    tag: 'accounts',
    access: 'operator',
    params: idParams,
    answer: Type.Array(Type.Object({ account: text, ok: flag, error: orNull(error) })),
    run: ({ perform, params }) => perform({ name: 'accounts check', args: [String(params.id)] }),
  });

  for (const verb of ['pause', 'resume'] as const)
    addRoute(app, deps, {
      method: 'POST',
      url: `/accounts/:id/${verb}`,
      id: `${verb}Account`,
      summary: verb === 'pause' ? 'Hold everything that goes to this account' : 'Go on with this account',
      tag: 'accounts',
      access: 'operator',
      params: idParams,
      answer: account,
      run: ({ perform, params }) => perform({ name: `accounts ${verb}`, args: [String(params.id)] }),
    });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/accounts/:id',
    id: 'removeAccount',
    summary: 'Sign out: revoke and forget; what was posted stays',
    tag: 'accounts',
    access: 'admin',
    params: idParams,
    query: Type.Object({ force: Type.Optional(flag) }),
    answer: Type.Object({ ...account.properties }, { additionalProperties: true }),
    run: ({ perform, params, query }) =>
      perform({ name: 'logout', args: [String(params.id)], options: { force: query.force ?? false } }),
  });
};

export const sourcesPart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/sources',
    id: 'listSources',
    summary: 'Where new videos appear, and the last poll',
    tag: 'sources',
    access: 'viewer',
    query: Type.Object(pageQuery),
    answer: pageOf(source),
    run: async ({ store, query }) =>
      pageOfAll(await store.sources.list(), { ...query, limit: limitOf(query) }, ({ id }) => id, sourceView),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/sources',
    id: 'addSource',
    summary: 'Watch a signed-in TikTok account, or a folder of this machine',
    tag: 'sources',
    access: 'admin of all',
    body: Type.Object(
      {
        source: Type.String({
          minLength: 1,
          maxLength: 1000,
          description: 'An account, or a folder’s path.',
        }),
        user: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      },
      { additionalProperties: false },
    ),
    answer: source,
    run: ({ perform, body }) =>
      perform({ name: 'source add', args: [body.source], options: { as: body.user ?? 'me' } }),
  });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/sources/:id',
    id: 'removeSource',
    summary: 'Stop watching; what was seen stays',
    tag: 'sources',
    access: 'operator',
    params: idParams,
    answer: source,
    run: ({ perform, params }) => perform({ name: 'source remove', args: [String(params.id)] }),
  });
};
