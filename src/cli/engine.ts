import { asFailure } from '../core/failure.ts';
import type { EngineDeps, EngineEvent, EngineSettings } from '../engine/deps.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { type HttpTally, openHttpTally } from '../engine/http-tally.ts';
import { folderVideos } from '../media/folder-videos.ts';
import { takeFrame } from '../media/frame.ts';
import { registry } from '../platforms/index.ts';
import { journalSeal } from '../vault/seal.ts';
import type { App } from './app.ts';
import { witnessOf } from './home.ts';
import { openHost } from './host.ts';
import { createObtain } from './obtain.ts';
import { presenceOf } from './presence.ts';

export interface OpenEngine {
  engine: Engine;
  deps: EngineDeps;
  /** What this process's requests came to. */
  http: HttpTally;
  /** Told of all that happens. */
  on(listener: (event: EngineEvent) => void): void;
  /** Told when other hosts changed what this one has to do. */
  onHosts(listener: () => void): void;
  /** Takes over what changed in the settings. */
  reload(): void;
}

/** The engine with everything it needs, wired from the home's parts. */
export async function openEngine(app: App): Promise<OpenEngine> {
  const listeners = new Set<(event: EngineEvent) => void>();
  const net = await app.net();
  const http = openHttpTally();
  const emit = (event: EngineEvent) => {
    for (const listener of listeners) listener(event);
  };
  const hostListeners = new Set<() => void>();
  const presence = await presenceOf(app, {
    onChange: () => {
      for (const listener of hostListeners) listener();
    },
    onError: (error) => {
      const failure = asFailure(error);
      emit({ kind: 'trouble', message: `No sign of life could be given: ${failure.message}`, failure });
    },
  });
  const deps: EngineDeps = {
    store: await app.store(),
    clock: app.clock,
    random: Math.random,
    registry: {
      ...registry,
      source: (kind) => (kind === folderVideos.id ? folderVideos : registry.source(kind)),
    },
    connect: (account, service, meter, trace) =>
      net.connect(account, service, meter, (exchange) => {
        http.add(service.id, exchange);
        trace?.(exchange);
      }),
    peerClock: net.peerClock,
    freshen: net.freshen,
    anonymous: net.plain(),
    obtain: await createObtain(app, (message) => emit({ kind: 'notice', message })),
    frame: (file, wish, signal) => takeFrame(file, wish, { clock: app.clock, ...(signal ? { signal } : {}) }),
    host: () => openHost(app),
    seal: await journalSeal(await app.vault(), net.lock),
    witness: await witnessOf(app),
    ...(presence ? { presence } : {}),
    settings: engineSettings(app),
    emit,
  };
  return {
    engine: createEngine(deps),
    deps,
    http,
    on: (listener) => void listeners.add(listener),
    onHosts: (listener) => void hostListeners.add(listener),
    reload: () => {
      deps.settings = engineSettings(app);
    },
  };
}

function engineSettings(app: App): EngineSettings {
  const { config } = app;
  return {
    retry: {
      baseMs: config.number('retry.base'),
      capMs: config.number('retry.cap'),
      attempts: config.number('retry.attempts'),
      giveUpMs: config.number('retry.giveUp'),
    },
    concurrency: config.number('daemon.concurrency'),
    pollIntervalMs: pollInterval(app),
    ...(config.text('analytics.numbers') === 'on'
      ? { numbersEveryMs: config.number('analytics.interval') }
      : {}),
  };
}

/** TikTok is asked at most once a minute; a mapped origin is not TikTok. */
const LEAST_INTERVAL_MS = 60_000;

export function pollInterval(app: App): number {
  const wanted = app.config.number('poll.interval');
  const origin = 'https://open.tiktokapis.com/';
  const mapped = app.origins.active && app.origins.map(origin) !== origin;
  return mapped ? wanted : Math.max(LEAST_INTERVAL_MS, wanted);
}
