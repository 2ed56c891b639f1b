import { existsSync, writeFileSync } from 'node:fs';
import { type Clock, systemClock } from '../core/clock.ts';
import { type SteeredClock, steered } from '../core/steered-clock.ts';
import type { Vault } from '../core/vault.ts';
import type { OriginMap } from '../net/origins.ts';
import { loadOrigins } from '../net/origins.ts';
import type { Store } from '../store/types.ts';
import { type Config, openConfig } from './config.ts';
import type { Net } from './connect.ts';
import type { Io } from './io.ts';
import { osUser } from './os-user.ts';
import { filesIn, makeFolder, type Paths, pathsOf } from './paths.ts';

/** What every command can reach; each part is opened when first asked for, so that a command pays only for its own. */
export interface App {
  io: Io;
  clock: SteeredClock;
  paths: Paths;
  files: ReturnType<typeof filesIn>;
  readonly config: Config;
  /** Reads the config file again. Throws E_CONFIG, and then keeps what it had. */
  reloadConfig(): void;
  origins: OriginMap;
  /** True where prompts are forbidden. */
  noInput: boolean;
  /** Says something that its person must know, whatever the command; once, on stderr. */
  warn(text: string): void;
  store(): Promise<Store>;
  /** The store for somebody who only looks; to be closed by whoever opened it. */
  reader(): Promise<Store>;
  vault(): Promise<Vault>;
  net(): Promise<Net>;
  /** True where a daemon (or a sync) works on this home now. */
  daemonRuns(): Promise<boolean>;
  /** Tells a running daemon that something changed. */
  nudge(): void;
  close(): Promise<void>;
}

interface AppOptions {
  noInput?: boolean;
  warn?: (text: string) => void;
  /** Called once, when the network is first wanted. */
  onNet?: (net: Promise<Net>) => void;
  /** Another time than the machine's: that of a simulation. */
  clock?: Clock;
}

export function openApp(io: Io, options: AppOptions = {}): App {
  const paths = pathsOf(io.env);
  const files = filesIn(paths);
  let config = openConfig(files.config, io.env);
  const origins = loadOrigins(io.env['REPOST_ORIGINS']);
  const clock = steered(options.clock ?? systemClock);
  let store: Promise<Store> | undefined;
  let vault: Promise<Vault> | undefined;
  let net: Promise<Net> | undefined;

  const app: App = {
    io,
    clock,
    paths,
    files,
    get config() {
      return config;
    },
    reloadConfig: () => {
      const fresh = openConfig(files.config, io.env);
      fresh.values();
      config = fresh;
    },
    origins,
    noInput: options.noInput ?? false,
    warn: options.warn ?? ((text) => void io.stderr.write(`note: ${text}\n`)),
    store: () => {
      store ??= openHomeStore(app);
      return store;
    },
    reader: () => openChosenStore(app, { readOnly: true }),
    vault: () => {
      vault ??= import('./home-vault.ts').then(({ openHomeVault }) => openHomeVault(app));
      return vault;
    },
    net: () => {
      if (net) return net;
      net = import('./connect.ts').then(({ createNet }) => createNet(app));
      options.onNet?.(net);
      return net;
    },
    daemonRuns: () => lockIsHeld(files.daemonLock),
    nudge: () => touch(files.nudge),
    close: async () => {
      await (await net)?.close();
      await (await store)?.close();
    },
  };
  return app;
}

async function openHomeStore(app: App): Promise<Store> {
  makeFolder(app.paths.data);
  return openChosenStore(app, { actor: () => `cli:${osUser()}` });
}

/** The home's own file, or the server that the setting `store` names; the one that is not used is not loaded. */
async function openChosenStore(app: App, who: { actor?: () => string; readOnly?: boolean }): Promise<Store> {
  const address = app.config.text('store');
  if (address !== '') {
    const { openPostgresStore } = await import('../store/postgres/open.ts');
    return openPostgresStore({ address, env: app.io.env, clock: app.clock, ...who });
  }
  const { openStore } = await import('../store/sqlite.ts');
  return openStore({ path: app.files.database, clock: app.clock, ...who });
}

/** Where nobody listens, nothing is lost: the daemon looks by itself within its tick. */
function touch(file: string): void {
  try {
    if (existsSync(file)) writeFileSync(file, '');
  } catch {
    // See above.
  }
}

async function lockIsHeld(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const { tryLock } = await import('../store/lock.ts');
  const lock = await tryLock(path);
  await lock?.release();
  return lock === undefined;
}
