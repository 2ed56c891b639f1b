import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { asFailure } from '../core/failure.ts';
import type { EngineEvent } from '../engine/deps.ts';
import type { HttpTally } from '../engine/http-tally.ts';
import { readValue } from '../vault/failures.ts';
import type { Change, WebDeps } from '../web/deps.ts';
import type { Door } from '../web/door.ts';
import type { App } from './app.ts';
import type { OpenEngine } from './engine.ts';
import { hostName } from './host-name.ts';
import { factsOf, type Reporter } from './report.ts';
import { version } from './version.ts';

/** The local API and its pages, as the daemon keeps them. */
export interface Web {
  /** What was in flight is recovered: from now on it says that it is ready. */
  ready(): void;
  /** Somebody changed something: who listens is told to look. */
  changed(): void;
  /** Takes over a changed address. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Under which the running daemon of this home keeps where it answers, for other commands: each host of a store its own. */
export function addressKey(app: Pick<App, 'config' | 'paths'>): string {
  const host = hostName(app);
  return host === undefined ? 'web.origin' : `web.origin/${host}`;
}

/** What decides where it listens. */
const keys = ['daemon.http', 'daemon.http.origin', 'daemon.http.tlsCert', 'daemon.http.tlsKey'] as const;

/**
 * Starts the local API, unless `daemon.http` is off; nothing of it is loaded then. Where it can’t start, that is said,
 * and publishing goes on.
 */
export async function startWeb(app: App, open: OpenEngine, reporter: Reporter): Promise<Web> {
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change) => {
    for (const listener of listeners) listener(change);
  };
  open.on((event) => {
    if (listeners.size > 0 && event.kind !== 'job-progress') tell(changeOf(event));
  });
  let isReady = false;
  let door: Door | undefined;
  let settings = '';

  async function openAnew(): Promise<void> {
    settings = settingsText(app);
    await door?.close();
    door = undefined;
    const { meta } = await app.store();
    await meta.remove(addressKey(app));
    if (app.config.text('daemon.http') === 'off') return;
    try {
      door = await openHomeDoor(app, { isReady: () => isReady, listeners, reporter, http: open.http });
      await meta.set(addressKey(app), door.origin);
      reporter.say('listening', { address: door.origin });
    } catch (error) {
      const { message, hint } = asFailure(error);
      reporter.say('error', { message: `${message} ${hint} Publishing goes on without it.` });
    }
  }

  await openAnew();
  return {
    ready: () => {
      isReady = true;
    },
    changed: () => tell({ event: 'changed', user: null, data: {} }),
    reload: async () => {
      if (settingsText(app) !== settings) await openAnew();
    },
    close: async () => {
      await door?.close();
      if (door) await (await app.store()).meta.remove(addressKey(app));
    },
  };
}

interface Parts {
  isReady(): boolean;
  listeners: Set<(change: Change) => void>;
  reporter: Pick<Reporter, 'say'>;
  /** What the requests of this process came to, where it is a daemon. */
  http?: HttpTally;
}

/** What the server gets of this home. */
export async function webDeps(
  app: App,
  { isReady, listeners, reporter, http }: Parts,
): Promise<Omit<WebDeps, 'secure'>> {
  return {
    store: await app.store(),
    clock: app.clock,
    version,
    isReady,
    perform: async (user, deed) => (await import('./perform.ts')).perform(app, deed, user),
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    linkKey: () => linkKey(app),
    timeZone: () => app.config.text('timezone') || Intl.DateTimeFormat().resolvedOptions().timeZone,
    coverOf: coverMaker(app),
    complain: (error) => reporter.say('error', { message: `The local API: ${asFailure(error).message}` }),
    ...(http
      ? {
          metrics: async (local: boolean) => {
            const allowed = app.config.text('daemon.metrics');
            if (allowed === 'off' || (allowed === 'local' && !local)) return undefined;
            return (await import('./metrics.ts')).homeMetrics(app, { http });
          },
        }
      : {}),
    assets: fileURLToPath(new URL('swagger-ui/', import.meta.url)),
  };
}

/** Covers are made by ffmpeg: what does that is loaded with the first picture. */
function coverMaker(app: App): WebDeps['coverOf'] {
  let covers: Promise<WebDeps['coverOf']> | undefined;
  return async (sha256) => {
    covers ??= import('./covers.ts').then(({ openCovers }) => openCovers(app));
    return (await covers)(sha256);
  };
}

async function openHomeDoor(app: App, parts: Parts): Promise<Door> {
  const { openDoor } = await import('../web/door.ts');
  const { config } = app;
  return openDoor(
    {
      address: config.text('daemon.http'),
      publicOrigin: config.text('daemon.http.origin'),
      tlsCert: config.text('daemon.http.tlsCert'),
      tlsKey: config.text('daemon.http.tlsKey'),
    },
    await webDeps(app, parts),
    async (deps) => (await import('../web/server.ts')).openHouse(deps),
  );
}

function settingsText({ config }: App): string {
  return keys.map((key) => config.text(key)).join('\n');
}

const LINK_KEY = 'web/link-key';

/** The key that approval links are signed with; made when the first is needed. */
export async function linkKey(app: App): Promise<Buffer> {
  const vault = await app.vault();
  const kept = await readValue(vault, LINK_KEY);
  if (kept !== undefined) return Buffer.from(kept, 'base64url');
  const key = randomBytes(32);
  await vault.write(LINK_KEY, key.toString('base64url'));
  return key;
}

/** What happened in the engine, with whom it concerns. */
function changeOf(event: Exclude<EngineEvent, { kind: 'job-progress' }>): Change {
  const { kind } = event;
  const data = { ...factsOf(event) };
  if ('job' in event) return { event: kind, user: event.job.user, data };
  if ('source' in event) return { event: kind, user: event.source.user, data };
  if ('account' in event) return { event: kind, user: event.account.user, data };
  return { event: kind, user: null, data };
}
