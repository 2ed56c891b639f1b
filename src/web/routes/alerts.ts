import * as Type from 'typebox';
import type { problemView } from '../alert-view.ts';
import { pageOfAll } from '../paging.ts';
import { addRoute, type Part } from '../route.ts';
import { alertRule, channel, delivery, problem, testResult } from '../schemas/alerts.ts';
import { nameParams, pageOf, pageQuery } from '../schemas/parts.ts';

const tag = 'alerts';
/** As many tries as are ever listed; they are forgotten after a month. */
const MOST_DELIVERIES = '5000';

/** Who is told what goes wrong. Adding a channel is left to the person at the machine: its secrets do not cross the API. */
export const alertsPart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/alerts',
    id: 'listAlerts',
    summary: 'The channels, and how the last message to each went',
    tag,
    access: 'admin of all',
    query: Type.Object(pageQuery),
    answer: pageOf(channel),
    run: async ({ perform, query }) =>
      pageOfAll(
        (await perform({ name: 'alerts', options: { limit: '1' } })) as { id: number }[],
        query,
        ({ id }) => id,
      ),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/alerts/deliveries',
    id: 'listAlertDeliveries',
    summary: 'Every try to send something, newest first',
    tag,
    access: 'admin of all',
    query: Type.Object(pageQuery),
    answer: pageOf(delivery),
    run: async ({ perform, query }) =>
      pageOfAll(
        (await perform({ name: 'alerts', options: { deliveries: true, limit: MOST_DELIVERIES } })) as {
          id: number;
        }[],
        query,
        ({ id }) => id,
      ),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/alerts/rules',
    id: 'listAlertRules',
    summary: 'What is watched, and how bad each is',
    tag,
    access: 'viewer',
    query: Type.Object(pageQuery),
    answer: pageOf(alertRule),
    run: async ({ perform, query }) =>
      pageOfAll((await perform({ name: 'alerts rules' })) as { rule: string }[], query, ({ rule }) => rule),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/alerts/problems',
    id: 'listProblems',
    summary: 'What is wrong right now, the worst first',
    tag,
    access: 'viewer',
    query: Type.Object(pageQuery),
    answer: pageOf(problem),
    run: async ({ perform, query, caller: { user } }) => {
      const all = (await perform({ name: 'alerts problems' })) as ReturnType<typeof problemView>[];
      const own = user === null ? all : all.filter((one) => one.user === user);
      return pageOfAll(own, query, ({ key }) => key);
    },
  });
  changes(app, deps);
};

const changes: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'POST',
    url: '/alerts/test',
    id: 'testAlerts',
    summary: 'Send a real message to one channel, or to all, at once',
    tag,
    access: 'admin of all',
    body: Type.Object({ name: Type.Optional(nameParams.properties.name) }, { additionalProperties: false }),
    answer: Type.Array(testResult),
    run: ({ perform, body }) =>
      perform({ name: 'alerts test', ...(body.name === undefined ? {} : { args: [body.name] }) }),
  });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/alerts/:name',
    id: 'removeAlert',
    summary: 'Forget a channel, its secrets and what waits for it',
    tag,
    access: 'admin of all',
    params: nameParams,
    answer: channel,
    run: ({ perform, params }) => perform({ name: 'alerts remove', args: [params.name] }),
  });
};
