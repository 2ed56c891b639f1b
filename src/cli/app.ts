import { existsSync, writeFileSync } from 'node:fs';
import { type Clock, systemClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Vault } from '../core/vault.ts';
import type { OriginMap } from '../net/origins.ts';
import { loadOrigins } from '../net/origins.ts';
import type { Store } from '../store/types.ts';
import { type Config, openConfig } from './config.ts';
import type { Net } from './connect.ts';
import { hostName } from './host-name.ts';
import { canAsk, type Io } from './io.ts';
import { osUser } from './os-user.ts';
import { filesIn, makeFolder, type Paths, pathsOf } from './paths.ts';
import { notingNames } from './vault-names.ts';

/** What every command can reach; each part is opened when first asked for, so that a command pays only for its own. */
export interface App {
  io: Io;
  clock: Clock;
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
  const clock = options.clock ?? systemClock;
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
      vault ??= openHomeVault(app);
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
    return openPostgresStore({ address, env: app.io.env, ...who });
  }
  const { openStore } = await import('../store/sqlite.ts');
  return openStore({ path: app.files.database, clock: app.clock, ...who });
}

/**
 * The chosen vault; without a choice the one that keeps this home's secrets already: a daemon that was started
 * without REPOST_VAULT must not look into an empty keychain and think that everybody has signed out.
 */
async function openHomeVault(app: App): Promise<Vault> {
  makeFolder(app.paths.data);
  const { openVault } = await import('../vault/open.ts');
  const { meta, secrets } = await app.store();
  const remembered = await meta.get(VAULT_KEY);
  const kind = app.config.text('vault') || remembered || '';
  const command = app.config.text('vault.command');
  const vault = await openVault({
    env: app.io.env,
    path: app.files.vault,
    clock: app.clock,
    ...(secrets ? { shared: { table: secrets, host: hostName(app) ?? '' } } : {}),
    ...(isVaultKind(kind) ? { kind } : {}),
    ...(command === '' ? {} : { command }),
    ...(canAsk(app.io, app.noInput)
      ? { prompt: (question: PassphraseQuestion) => askPassphrase(app, question) }
      : {}),
  });
  if (remembered === undefined) await meta.set(VAULT_KEY, vault.kind);
  else if (remembered !== vault.kind) {
    app.warn(
      `this home’s secrets are in the vault “${remembered}”, and now “${vault.kind}” is asked: sign in again, or go back with: repost config set vault ${remembered}`,
    );
  }
  return notingNames(vault, meta);
}

interface PassphraseQuestion {
  path: string;
  isNew: boolean;
}

async function askPassphrase(app: App, { path, isNew }: PassphraseQuestion): Promise<string> {
  const { ask } = await import('./ask.ts');
  const { askText } = await ask({ app }, 'vaultPassphrase');
  const passphrase = await askText(
    isNew ? 'A passphrase for the new vault (keep it well: nobody can recover it)' : `Passphrase of ${path}`,
    true,
  );
  if (isNew && (await askText('The same again', true)) !== passphrase)
    throw new Failure('E_VAULT_PASSPHRASE', { message: 'The two passphrases differ.' });
  return passphrase;
}

const VAULT_KEY = 'vault.kind';

function isVaultKind(text: string): text is 'keychain' | 'file' | 'command' | 'database' {
  return ['keychain', 'file', 'command', 'database'].includes(text);
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
