import * as Type from 'typebox';
import { addRoute, type Part } from '../route.ts';
import { count, facts, instant, oneOf, orNull, text, version } from '../schemas/parts.ts';

const tag = 'daemon';

const state = Type.Object(
  {
    schemaVersion: version,
    state: oneOf(['running', 'paused', 'draining', 'stopped']),
    pid: Type.Optional(Type.Integer()),
    version: Type.Optional(text),
    startedAt: Type.Optional(instant),
    pausedAt: orNull(instant),
    running: Type.Optional(
      Type.Array(
        Type.Object({ job: Type.Integer(), account: text, done: orNull(count), total: orNull(count) }),
      ),
    ),
    nextDueAt: Type.Optional(orNull(instant)),
  },
  { title: 'Daemon' },
);

/** The running daemon itself: what the commands ask of it on its control socket. */
export const daemonPart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/daemon',
    id: 'showDaemon',
    summary: 'What the daemon does now',
    tag,
    access: 'admin of all',
    answer: state,
    run: ({ perform }) => perform({ name: 'daemon status' }),
  });

  const verbs = [
    ['pause', 'Take no new work until resumed; what runs goes on', {}],
    ['resume', 'Go on after a pause', {}],
    ['drain', 'Let running jobs end, then stop the daemon; answers at once', { wait: false, timeout: '1s' }],
  ] as const;
  for (const [verb, summary, options] of verbs)
    addRoute(app, deps, {
      method: 'POST',
      url: `/daemon/${verb}`,
      id: `${verb}Daemon`,
      summary,
      tag,
      access: 'admin of all',
      answer: state,
      run: ({ perform }) => perform({ name: `daemon ${verb}`, options }),
    });

  addRoute(app, deps, {
    method: 'POST',
    url: '/daemon/poll',
    id: 'pollSources',
    summary: 'Ask every source now',
    tag,
    access: 'admin of all',
    answer: Type.Object({ schemaVersion: version, polled: count }),
    run: ({ perform }) => perform({ name: 'daemon poll' }),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/daemon/reload',
    id: 'reloadSettings',
    summary: 'Read the settings anew',
    tag,
    access: 'admin of all',
    answer: Type.Object({ schemaVersion: version, settings: facts }),
    run: ({ perform }) => perform({ name: 'daemon reload' }),
  });
};
