import * as Type from 'typebox';
import { Failure } from '../../core/failure.ts';
import { momentOf } from '../../core/moment.ts';
import { auditView } from '../audit-view.ts';
import { ledgerView } from '../ledger-view.ts';
import { limitOf, pageFrom } from '../paging.ts';
import { addRoute, type Part } from '../route.ts';
import { jobState } from '../schemas/objects.ts';
import {
  count,
  facts,
  flag,
  idCursor,
  instant,
  orNull,
  pageOf,
  pageQuery,
  since,
  text,
  version,
} from '../schemas/parts.ts';

const tag = 'records';

const auditLine = Type.Object(
  {
    at: orNull(instant),
    job: Type.Integer(),
    id: Type.Integer(),
    action: text,
    actor: text,
    word: orNull(text),
    source: text,
    video: text,
    account: text,
    rule: orNull(text),
    user: text,
    post: orNull(text),
    url: orNull(text),
  },
  { title: 'AuditLine' },
);

const ledgerLine = Type.Object(
  {
    source: text,
    video: text,
    account: text,
    accountId: text,
    state: jobState,
    post: orNull(Type.Object({ id: text, url: orNull(text) })),
    at: orNull(instant),
    videoUrl: orNull(text),
    videoAt: orNull(instant),
    caption: text,
  },
  { title: 'LedgerLine' },
);

const path = Type.String({ minLength: 1, maxLength: 1000, description: 'A file of the daemon’s machine.' });

/** What was done, on whose word; what went where; copies of all of it. */
export const recordsPart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/audit',
    id: 'listAudit',
    summary: 'What was posted, by which rule, on whose word; and what people decided',
    tag,
    access: 'viewer',
    query: Type.Object({
      limit: pageQuery.limit,
      cursor: idCursor,
      job: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 53 - 1 })),
      since,
    }),
    answer: pageOf(auditLine),
    run: async ({ store, query }) => {
      const rows = await store.audit.list({
        limit: limitOf(query) + 1,
        ...(query.cursor === undefined ? {} : { before: Number(query.cursor) }),
        ...(query.job === undefined ? {} : { jobId: query.job }),
        ...(query.since === undefined ? {} : { since: momentOf(query.since, deps.clock.now()) }),
      });
      return pageFrom(rows, query, ({ id }) => id, auditView);
    },
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/ledger',
    id: 'exportLedger',
    summary: 'What went where, oldest first: the lines of repost ledger export',
    tag,
    access: 'admin of all',
    query: Type.Object({ limit: pageQuery.limit, cursor: idCursor }),
    answer: pageOf(ledgerLine),
    run: async ({ store, query }) =>
      pageFrom(
        await store.ledger.page(Number(query.cursor ?? 0), limitOf(query) + 1),
        query,
        ({ jobId }) => jobId,
        ledgerView,
      ),
  });
  files(app, deps);
};

/** What reads or writes files of the machine: for whoever may do everything on it. */
const files: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'POST',
    url: '/ledger/import',
    id: 'importLedger',
    summary: 'Mark what was posted elsewhere, so that nothing is posted again',
    tag,
    access: 'admin of all',
    body: Type.Object({ path, dryRun: Type.Optional(flag) }, { additionalProperties: false }),
    answer: Type.Object({
      schemaVersion: version,
      dryRun: flag,
      marked: count,
      known: count,
      running: count,
      otherStates: count,
    }),
    run: ({ perform, body }) =>
      perform({
        name: 'ledger import',
        args: [plainPath(body.path)],
        options: { dryRun: body.dryRun ?? false },
      }),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/imports',
    id: 'importExport',
    summary: 'Read TikTok’s own data export: the back catalogue, whole captions, links to the files',
    tag,
    access: 'admin of all',
    body: Type.Object(
      {
        path,
        source: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
        dryRun: Type.Optional(flag),
      },
      { additionalProperties: false },
    ),
    answer: Type.Object(
      {
        schemaVersion: version,
        file: text,
        source: text,
        dryRun: flag,
        posts: count,
        added: count,
        rules: Type.Array(facts),
      },
      { additionalProperties: true },
    ),
    run: ({ perform, body: { path: file, source, dryRun } }) =>
      perform({
        name: 'import',
        args: [plainPath(file)],
        options: { dryRun: dryRun ?? false, ...(source === undefined ? {} : { source }) },
      }),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/backups',
    id: 'makeBackup',
    summary: 'Copy the database to a new file in the home’s folder backups, without the sign-ins',
    tag,
    access: 'admin of all',
    body: Type.Object(
      { name: Type.String({ pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$', maxLength: 80 }) },
      { additionalProperties: false },
    ),
    answer: Type.Object({
      schemaVersion: version,
      path: text,
      bytes: count,
      schema: count,
      vault: Type.Null(),
      secrets: count,
    }),
    run: ({ perform, body }) => perform({ name: 'backup', folder: 'backups', args: [body.name] }),
  });
};

/** No system call takes a path with a NUL in it, and each says so in its own way. */
function plainPath(text: string): string {
  if (text.includes('\0')) throw new Failure('E_USAGE', { message: 'A path has no NUL in it.' });
  return text;
}
