import { readFile } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asFailure, Failure } from '../../core/failure.ts';
import { isAtLeast } from '../credentials.ts';
import type { Caller, WebDeps } from '../deps.ts';
import { sessionCookie } from '../gate.ts';
import { html } from '../html.ts';
import { problemOf } from '../problem.ts';
import type { Part } from '../route.ts';
import { scopeStore } from '../scope.ts';
import { changes, type Form } from './changes.ts';
import { forget, said, say } from './flash.ts';
import { sendHtml, sendShell } from './shell.ts';
import type { ShowPage, View } from './view.ts';

/** Every page by its address; what makes it is loaded when it is first looked at. */
const pages: Readonly<Record<string, () => Promise<ShowPage>>> = {
  '/': async () => (await import('./overview.ts')).overview,
  '/posts': async () => (await import('./posts.ts')).posts,
  '/videos/:id': async () => (await import('./video.ts')).video,
  '/calendar': async () => (await import('./calendar.ts')).calendar,
  '/jobs': async () => (await import('./jobs.ts')).jobs,
  '/jobs/:id': async () => (await import('./job.ts')).job,
  '/jobs/:id/evidence': async () => (await import('./unknown.ts')).evidence,
  '/approvals': async () => (await import('./approvals.ts')).approvals,
  '/dead': async () => (await import('./dead.ts')).dead,
  '/unknown': async () => (await import('./unknown.ts')).unknown,
  '/rules': async () => (await import('./rules.ts')).rules,
  '/rules/:name': async () => (await import('./rules.ts')).rule,
  '/accounts': async () => (await import('./accounts.ts')).accounts,
  '/limits': async () => (await import('./limits.ts')).limits,
  '/alerts': async () => (await import('./alerts.ts')).alerts,
};

const files: Readonly<Record<string, string>> = {
  'look.css': 'text/css; charset=utf-8',
  'parts.css': 'text/css; charset=utf-8',
  'pages.css': 'text/css; charset=utf-8',
  'figures.css': 'text/css; charset=utf-8',
  'live.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

type Asked = FastifyRequest<{ Params: Record<string, string>; Querystring: Record<string, unknown> }>;

/** The pages of this machine: for a person in a browser, with and without JavaScript. */
export const dashboardPart: Part = (app, deps) => {
  app.setErrorHandler((error, request, reply) => sayError(deps, request as Asked, reply, error));
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, readForm(String(body))),
  );

  for (const [address, load] of Object.entries(pages)) {
    // To ask the platform what an account shows is for those who may act on it.
    const access = address.endsWith('/evidence') ? 'operator' : 'viewer';
    app.get(address, { config: { access } }, async (request, reply) => {
      const view = viewOf(deps, request as Asked);
      const page = await (await load())(view);
      const word = said(request);
      if (word) forget(reply);
      return sendShell(reply, view, page, word);
    });
  }

  for (const [address, change] of Object.entries(changes))
    app.post(address, { config: { access: 'operator', form: true } }, async (request, reply) => {
      const view = viewOf(deps, request as Asked);
      const form = (request.body ?? {}) as Form;
      const { deed, said: key } = change({ id: view.params['id'] ?? '', query: view.query, form });
      const answer = await view.perform(deed);
      say(reply, key, Array.isArray(answer) ? answer.length : 1);
      return reply.redirect(pathBack(form['back']), 303);
    });

  app.post('/sign-out', { config: { access: 'viewer', form: true } }, async (request, reply) => {
    const { id, kind } = request.caller as Caller;
    if (kind === 'session') await deps.store.credentials.take(id, 'session');
    reply.header('set-cookie', `${sessionCookie}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`);
    return reply.redirect('/', 303);
  });

  app.get('/videos/:id/cover', { config: { access: 'viewer' } }, async (request, reply) => {
    const { store, params } = viewOf(deps, request as Asked);
    const sha256 = await store.videos.media(Number(params['id']));
    const picture = sha256 === undefined ? undefined : await deps.coverOf(sha256);
    // Without a picture the plain tile behind it stays to be seen: an answer without content is no error.
    if (!picture)
      return reply.header('cache-control', 'private, max-age=60').type('image/svg+xml').send(blank);
    return reply.header('cache-control', 'private, max-age=86400').type('image/jpeg').send(picture);
  });

  app.get<{ Params: { file: string } }>(
    '/assets/:file',
    { config: { access: 'open' } },
    async ({ params: { file } }, reply) => {
      const type = Object.hasOwn(files, file) ? files[file] : undefined;
      if (type === undefined) throw new Failure('E_NOT_FOUND', { message: 'There is no such file.' });
      return reply.type(type).send(await readPageFile(file));
    },
  );
};

const blank = '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="4"/>';

/** Beside the bundle, or beside this file. */
async function readPageFile(file: string): Promise<Buffer> {
  return readFile(new URL(`./pages/${file}`, import.meta.url)).catch(() =>
    readFile(new URL(`./files/${file}`, import.meta.url)),
  );
}

function viewOf({ store, clock, timeZone, perform }: WebDeps, request: Asked): View {
  const caller = request.caller as Caller;
  const query = Object.fromEntries(
    Object.entries(request.query).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  return {
    store: caller.user === null ? store : scopeStore(store, caller.user),
    perform: (deed) => perform(caller.user, deed),
    caller,
    params: request.params,
    query,
    path: request.url,
    now: clock.now(),
    timeZone: timeZone(),
    mayChange: isAtLeast(caller.role, 'operator'),
  };
}

function readForm(body: string): Form {
  const sent = new URLSearchParams(body);
  const form: Record<string, string | string[]> = Object.create(null);
  for (const name of new Set(sent.keys())) {
    const values = sent.getAll(name);
    form[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return form;
}

/** Within this server only, whatever a form says. */
function pathBack(asked: unknown): string {
  return typeof asked === 'string' && /^\/(?![/\\])[\w\-./?=&%:@~+]*$/u.test(asked) ? asked : '/';
}

async function sayError(
  deps: WebDeps,
  request: Asked,
  reply: FastifyReply,
  error: unknown,
): Promise<FastifyReply> {
  const { code, status, title, detail, hint, command } = problemOf(pageFailure(error));
  if (status >= 500) deps.complain(error);
  reply.code(status);
  const inner = html`<div class="problem" role="alert"><p class="strong">${detail}</p><p>${hint}</p>${command ? html`<p><code>${command}</code></p>` : null}<p class="faint">${code}</p></div>`;
  if (code === 'E_API_SIGN_IN' || !request.caller) return sendHtml(reply, 'Sign in', signInFirst);
  const body = html`${inner}<p><a href="/">To the overview</a></p>`;
  return sendShell(reply, viewOf(deps, request), { title, body }, undefined);
}

const signInFirst = html`<main class="alone"><img src="/assets/icon.svg" alt="" width="40" height="40"><h1>Sign in</h1><p>Open this page with the command below: it signs your browser in, by a code that works once.</p><p><code>repost dashboard</code></p></main>`;

function pageFailure(error: unknown): Failure {
  const { statusCode, message } = error as { statusCode?: number; message: string };
  if (error instanceof Failure || statusCode === undefined || statusCode >= 500) return asFailure(error);
  return new Failure('E_USAGE', { message, hint: 'Go back and try again.' });
}
