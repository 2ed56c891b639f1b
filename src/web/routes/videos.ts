import * as Type from 'typebox';
import { Failure } from '../../core/failure.ts';
import { momentOf } from '../../core/moment.ts';
import { limitOf, pageFrom, pageOfAll } from '../paging.ts';
import { addRoute, type Part } from '../route.ts';
import { videoCheck } from '../schemas/machine.ts';
import { limit, plan, platform, post, video } from '../schemas/objects.ts';
import { idCursor, idParams, orNull, pageOf, pageQuery, since } from '../schemas/parts.ts';
import { postView, videoView } from '../views.ts';

/** What was seen, what would be posted, what was posted. */
export const videosPart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/videos',
    id: 'listVideos',
    summary: 'What was seen at the sources, newest first, and why it was not taken',
    tag: 'videos',
    access: 'viewer',
    query: Type.Object({
      limit: pageQuery.limit,
      cursor: idCursor,
      source: Type.Optional(Type.Integer({ minimum: 1 })),
      since,
    }),
    answer: pageOf(video),
    run: async ({ store, query }) => {
      if (query.source !== undefined && !(await store.sources.get(query.source)))
        throw new Failure('E_NOT_FOUND', { message: 'There is no such source.' });
      const rows = await store.videos.list({
        limit: limitOf(query) + 1,
        ...(query.cursor === undefined ? {} : { before: Number(query.cursor) }),
        ...(query.source === undefined ? {} : { sourceId: query.source }),
        ...(query.since === undefined ? {} : { since: momentOf(query.since, deps.clock.now()) }),
      });
      return pageFrom(rows, query, ({ id }) => id, videoView);
    },
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/videos/:id',
    id: 'showVideo',
    summary: 'One video',
    tag: 'videos',
    access: 'viewer',
    params: idParams,
    answer: video,
    run: async ({ store, params }) => {
      const row = await store.videos.get(params.id);
      if (!row) throw new Failure('E_NOT_FOUND', { message: `There is no video ${params.id}.` });
      return videoView(row);
    },
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/videos/:id/check',
    id: 'checkVideo',
    summary: 'Every destination’s limits against the video’s file',
    tag: 'videos',
    access: 'viewer',
    params: idParams,
    answer: videoCheck,
    run: ({ perform, params }) => perform({ name: 'videos check', args: [String(params.id)] }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/posts',
    id: 'listPosts',
    summary: 'Posts, newest first',
    tag: 'posts',
    access: 'viewer',
    query: Type.Object({
      limit: pageQuery.limit,
      cursor: idCursor,
      platform: Type.Optional(platform),
      account: Type.Optional(Type.Integer({ minimum: 1 })),
      since,
    }),
    answer: pageOf(post),
    run: async ({ store, query }) => {
      const rows = await store.jobs.posts({
        limit: limitOf(query) + 1,
        ...(query.cursor === undefined ? {} : { before: Number(query.cursor) }),
        ...(query.platform === undefined ? {} : { platform: query.platform }),
        ...(query.account === undefined ? {} : { accountId: query.account }),
        ...(query.since === undefined ? {} : { since: momentOf(query.since, deps.clock.now()) }),
      });
      return pageFrom(rows, query, ({ id }) => id, postView);
    },
  });
  ahead(app, deps);
};

const ahead: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/plan',
    id: 'showPlan',
    summary: 'What would be posted where, when, with which text and at what price; nothing is sent',
    tag: 'plan',
    access: 'viewer',
    query: Type.Object({
      rule: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      last: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 30 })),
    }),
    answer: plan,
    run: ({ perform, query }) =>
      perform({ name: 'plan', options: { ...query, last: String(query.last ?? 30) } }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/limits',
    id: 'listLimits',
    summary: 'Every limit of every account: used, left, when it frees',
    tag: 'limits',
    access: 'viewer',
    query: Type.Object(pageQuery),
    answer: pageOf(limit),
    run: async ({ perform, query }) => {
      const rows = (await perform({ name: 'limits' })) as LimitRow[];
      return pageOfAll(
        rows,
        query,
        ({ platform: on, account, bucket }) => `${on}/${account ?? ''}/${bucket}`,
      );
    },
  });

  addRoute(app, deps, {
    method: 'PUT',
    url: '/limits/:id/:bucket',
    id: 'setLimit',
    summary: 'Your own maximum for a bucket of an account; null takes it away',
    tag: 'limits',
    access: 'admin of all',
    params: Type.Object({ ...idParams.properties, bucket: Type.String({ minLength: 1, maxLength: 64 }) }),
    body: Type.Object(
      { max: orNull(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })) },
      { additionalProperties: false },
    ),
    answer: limit,
    run: ({ perform, params, body }) =>
      perform({
        name: 'limits set',
        args: [String(params.id), params.bucket, body.max === null ? 'default' : String(body.max)],
      }),
  });
};

interface LimitRow {
  platform: string;
  account: string | null;
  bucket: string;
}
