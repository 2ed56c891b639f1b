import type { ServerResponse } from 'node:http';
import { Failure } from '../../core/failure.ts';
import type { Change } from '../deps.ts';
import { apiRoot, type Part } from '../route.ts';

/** Changes that a listener who lost the connection is told afterwards. */
const REMEMBERED = 200;
/** Proxies cut connections on which nothing is said for a minute. */
const SIGN_OF_LIFE_MS = 20_000;
const MOST_LISTENERS = 100;
/** What happens within this time reaches a listener in one piece: a busy daemon tells fifty pages of hundreds a second. */
const TOGETHER_MS = 100;

interface Told {
  id: number;
  change: Change;
}

interface Listener {
  /** Whose changes are told; null: everybody's. */
  user: string | null;
  raw: ServerResponse;
}

/** Live changes, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export const eventsPart: Part = (app, deps) => {
  const told: Told[] = [];
  const listeners = new Set<Listener>();
  const ends = new Set<() => void>();
  let untold: Told[] = [];
  let telling: NodeJS.Timeout | undefined;
  // Ids grow across restarts of the daemon as well.
  let lastId = deps.clock.now() * 1000;
  const forget = deps.listen((change) => {
    lastId += 1;
    const one = { id: lastId, change };
    told.push(one);
    if (told.length > REMEMBERED) told.shift();
    if (listeners.size === 0) return;
    untold.push(one);
    telling ??= setTimeout(tell, TOGETHER_MS);
  });
  const tell = () => {
    clearTimeout(telling);
    telling = undefined;
    const texts = new Map<string | null, string>();
    for (const { user, raw } of listeners) {
      const text = texts.get(user) ?? textFor(user, untold);
      texts.set(user, text);
      if (text !== '') raw.write(text);
    }
    untold = [];
  };
  app.addHook('preClose', async () => {
    forget();
    tell();
    for (const end of ends) end();
  });

  app.get(
    `${apiRoot}/events`,
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'followEvents',
        summary: 'Live changes, as server-sent events',
        tags: ['events'],
        description:
          'Access: viewer. Each event has a name (job-ended, video, poll …), an id, and JSON data. With Last-Event-ID, what was missed comes first. “changed” says: look again.',
        security: [{ bearer: [] }, { session: [] }],
        response: {
          200: { description: 'Events', content: { 'text/event-stream': { schema: { type: 'string' } } } },
        },
      },
    },
    (request, reply) => {
      if (listeners.size >= MOST_LISTENERS)
        throw new Failure('E_API_BUSY', { message: 'Too many listen already.' });
      const user = request.caller?.user ?? null;
      const { raw } = reply;
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value ?? '');
      raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
      raw.write('retry: 2000\n\n');
      const listener: Listener = { user, raw };
      // What is untold yet belongs to those who listened when it happened, and to nobody twice.
      tell();
      const since = Number(request.headers['last-event-id']);
      if (Number.isSafeInteger(since) && since > 0)
        raw.write(
          textFor(
            user,
            told.filter(({ id }) => id > since),
          ),
        );
      listeners.add(listener);
      const beat = setInterval(() => raw.write(': alive\n\n'), SIGN_OF_LIFE_MS);
      const end = () => {
        clearInterval(beat);
        listeners.delete(listener);
        ends.delete(end);
        raw.end();
      };
      ends.add(end);
      raw.once('close', end);
    },
  );
};

/** The changes that a listener may see, in the form of the stream. */
function textFor(user: string | null, changes: readonly Told[]): string {
  return changes
    .filter(({ change }) => user === null || change.user === user || change.event === 'changed')
    .map(({ id, change }) => `id: ${id}\nevent: ${change.event}\ndata: ${JSON.stringify(change.data)}\n\n`)
    .join('');
}
