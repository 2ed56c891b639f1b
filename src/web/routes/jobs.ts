import * as Type from 'typebox';
import { Failure } from '../../core/failure.ts';
import { momentOf } from '../../core/moment.ts';
import { isAtLeast } from '../credentials.ts';
import { limitOf, pageFrom } from '../paging.ts';
import { addRoute, type Part } from '../route.ts';
import { editedJob, evidence, job, jobDetails, jobState, platform, waitReason } from '../schemas/objects.ts';
import {
  count,
  flag,
  idCursor,
  idParams,
  instant,
  pageOf,
  pageQuery,
  since,
  text,
  version,
} from '../schemas/parts.ts';
import { jobView } from '../views.ts';

const words = {
  text: Type.Optional(Type.String({ maxLength: 100_000 })),
  title: Type.Optional(Type.String({ maxLength: 1_000 })),
};

/** Jobs: one video to one account each. */
export const jobsPart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/jobs',
    id: 'listJobs',
    summary: 'Jobs, newest first',
    tag: 'jobs',
    access: 'viewer',
    query: Type.Object({
      limit: pageQuery.limit,
      cursor: idCursor,
      state: Type.Optional(Type.Array(jobState)),
      reason: Type.Optional(Type.Array(waitReason)),
      platform: Type.Optional(platform),
      account: Type.Optional(Type.Integer({ minimum: 1 })),
      since,
    }),
    answer: pageOf(job),
    run: async ({ store, query }) => {
      const rows = await store.jobs.list({
        limit: limitOf(query) + 1,
        ...(query.cursor === undefined ? {} : { beforeId: Number(query.cursor) }),
        ...(query.state ? { states: query.state } : {}),
        ...(query.reason ? { reasons: query.reason } : {}),
        ...(query.platform === undefined ? {} : { platform: query.platform }),
        ...(query.account === undefined ? {} : { accountId: query.account }),
        ...(query.since === undefined ? {} : { since: momentOf(query.since, deps.clock.now()) }),
      });
      return pageFrom(rows, query, ({ id }) => id, jobView);
    },
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/jobs/:id',
    id: 'showJob',
    summary: 'One job with its steps and attempts',
    tag: 'jobs',
    access: 'viewer',
    params: idParams,
    query: Type.Object({
      raw: Type.Optional(
        Type.Boolean({
          description: 'With the last exchange with the platform, secrets masked; for operators.',
        }),
      ),
    }),
    answer: jobDetails,
    run: ({ perform, params, query, caller }) => {
      if (query.raw && !isAtLeast(caller.role, 'operator')) throw new Failure('E_API_ROLE');
      return perform({ name: 'jobs show', args: [String(params.id)], options: { raw: query.raw ?? false } });
    },
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/jobs/retry',
    id: 'retryJobs',
    summary: 'Send dead letters again: all of them, or those that fit',
    tag: 'jobs',
    access: 'operator',
    body: Type.Object(
      {
        allDead: Type.Optional(flag),
        platform: Type.Optional(platform),
        class: Type.Optional(Type.String({ maxLength: 30 })),
        since,
      },
      { additionalProperties: false },
    ),
    answer: Type.Array(job),
    run: ({ perform, body }) => perform({ name: 'jobs retry', args: [[]], options: body }),
  });
  changes(app, deps);
};

const changes: Part = (app, deps) => {
  const simple = [
    ['retry', 'Send a job again'],
    ['cancel', 'Never publish it'],
  ] as const;
  for (const [verb, summary] of simple)
    addRoute(app, deps, {
      method: 'POST',
      url: `/jobs/:id/${verb}`,
      id: `${verb}Job`,
      summary,
      tag: 'jobs',
      access: 'operator',
      params: idParams,
      answer: job,
      run: async ({ perform, params }) =>
        first(await perform({ name: `jobs ${verb}`, args: [[String(params.id)]] })),
    });

  addRoute(app, deps, {
    method: 'POST',
    url: '/jobs/:id/approve',
    id: 'approveJob',
    summary: 'Let a job go out that waits for approval, with another text where one is given',
    tag: 'jobs',
    access: 'operator',
    params: idParams,
    body: Type.Object(words, { additionalProperties: false }),
    answer: job,
    run: async ({ perform, params, body }) =>
      first(await perform({ name: 'jobs approve', args: [[String(params.id)]], options: body })),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/jobs/:id/approval-link',
    id: 'makeApprovalLink',
    summary: 'A link by which a client decides about this job, once, without an account; an older one ends',
    tag: 'jobs',
    access: 'operator',
    params: idParams,
    body: Type.Object(
      { expires: Type.Optional(Type.String({ maxLength: 20, description: 'A length such as 3d; 7d.' })) },
      { additionalProperties: false },
    ),
    answer: Type.Object({
      schemaVersion: version,
      job: idParams.properties.id,
      url: text,
      expiresAt: instant,
    }),
    run: ({ perform, params, body }) =>
      perform({ name: 'jobs approve-link', args: [String(params.id)], options: body }),
  });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/jobs/:id/approval-link',
    id: 'endApprovalLink',
    summary: 'End the link of a job',
    tag: 'jobs',
    access: 'operator',
    params: idParams,
    answer: Type.Object({ schemaVersion: version, job: idParams.properties.id, revoked: count }),
    run: ({ perform, params }) =>
      perform({ name: 'jobs approve-link', args: [String(params.id)], options: { revoke: true } }),
  });

  addRoute(app, deps, {
    method: 'PATCH',
    url: '/jobs/:id',
    id: 'editJob',
    summary: 'A text of one’s own for a job that was not sent yet, or back to the rule’s',
    tag: 'jobs',
    access: 'operator',
    params: idParams,
    body: Type.Object({ ...words, reset: Type.Optional(flag) }, { additionalProperties: false }),
    answer: editedJob,
    run: ({ perform, params, body }) =>
      perform({ name: 'jobs edit', args: [String(params.id)], options: body }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/jobs/:id/evidence',
    id: 'showEvidence',
    summary: 'For a job whose outcome is unknown: what was sent and what the account shows',
    tag: 'jobs',
    access: 'operator',
    params: idParams,
    answer: evidence,
    run: ({ perform, params }) => perform({ name: 'jobs resolve', args: [String(params.id)] }),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/jobs/:id/resolve',
    id: 'resolveJob',
    summary: 'Say what became of a job whose outcome is unknown',
    tag: 'jobs',
    access: 'operator',
    params: idParams,
    body: Type.Union([
      Type.Object(
        { published: Type.String({ minLength: 1, maxLength: 2_000 }) },
        { additionalProperties: false },
      ),
      Type.Object({ notPublished: Type.Literal(true) }, { additionalProperties: false }),
    ]),
    answer: job,
    run: ({ perform, params, body }) =>
      perform({ name: 'jobs resolve', args: [String(params.id)], options: body }),
  });
};

/** The commands take several jobs and give several. */
function first(printed: unknown): unknown {
  return Array.isArray(printed) ? printed[0] : printed;
}
