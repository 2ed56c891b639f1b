import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure } from '../core/failure.ts';
import type { App } from './app.ts';
import { type Manager, programs, type Scope, type ServiceSpec, serviceEnvironment } from './service-spec.ts';
import { managerHere } from './service-state.ts';
import { systemdVersion } from './systemd.ts';
import { VAULT_KEY } from './vault-names.ts';

export interface ServiceFlags {
  system?: boolean;
  user?: boolean;
  folder?: string[];
  linger?: boolean;
  start?: boolean;
  for?: string;
  lines?: string;
  follow?: boolean;
}

/** What to do on a machine with neither systemd nor launchd. */
export const elsewhere =
  'Neither systemd nor launchd runs here. Let what starts programs on this machine run `repost daemon` and restart it when it fails (OpenRC: supervise-daemon; runit, s6: a run script; Docker: --restart=unless-stopped); or run `repost sync` every few minutes from cron.';

/** Throws E_SERVICE that says what to do instead. */
export function needManager(): Manager {
  const manager = managerHere();
  if (manager) return manager;
  throw new Failure('E_SERVICE', {
    message: 'This machine has no service manager that repost knows.',
    hint: elsewhere,
    command: 'repost daemon',
  });
}

export function asManager(text: string): Manager {
  if (text === 'systemd' || text === 'launchd') return text;
  throw new Failure('E_USAGE', {
    message: `--for can’t be “${text}”.`,
    hint: 'It is systemd or launchd.',
  });
}

/** Who is root must say whose service it is to be. */
export function scopeFor(app: App, flags: ServiceFlags, manager: Manager): Scope {
  const isRoot = process.getuid?.() === 0;
  if (manager === 'launchd' && (flags.system || isRoot))
    throw new Failure('E_SERVICE', {
      message: 'On a Mac the service is yours, not the machine’s: your keychain opens with your session.',
      hint: 'Run it as yourself, without sudo.',
      command: 'repost service install',
    });
  if (flags.system) needRoot('install --system');
  else if (isRoot && !flags.user && !app.io.env['REPOST_HOME'])
    throw new Failure('E_MISSING_ANSWER', {
      message: 'Whose service is it to be?',
      hint: 'Give --system for one with a user of its own, or --user for one that runs as root.',
      command: 'repost service install --system',
    });
  return flags.system ? 'system' : 'user';
}

export function needRoot(words: string): void {
  if (process.getuid?.() === 0) return;
  throw new Failure('E_SERVICE', {
    message: 'Only root may do that.',
    hint: 'Run it with sudo.',
    command: `sudo repost service ${words}`,
  });
}

export async function specFor(
  app: App,
  flags: ServiceFlags,
  scope: Scope,
  manager: Manager,
): Promise<{ spec: ServiceSpec; secrets: string[] }> {
  const { env } = app.io;
  const { environment, secrets } = serviceEnvironment(env, scope);
  if (scope === 'user') Object.assign(environment, settled(app));
  const version = manager === 'systemd' ? await systemdVersion(env) : undefined;
  const folders = (flags.folder ?? []).map((folder) => resolve(folder));
  for (const folder of folders) {
    if (!existsSync(folder))
      throw new Failure('E_MEDIA_FOLDER', { message: `There is no folder ${folder}.` });
  }
  const key = join(env['CREDENTIALS_DIRECTORY'] ?? '', 'vault-key');
  const ownKey = scope === 'user' && env['CREDENTIALS_DIRECTORY'] && existsSync(key);
  const spec: ServiceSpec = {
    scope,
    ...programs(scope),
    environment,
    folders,
    drainMs: app.config.number('daemon.drain'),
    ...(ownKey ? { credential: { path: key, encrypted: false } } : {}),
    ...(version === undefined ? {} : { systemdVersion: version }),
  };
  return { spec, secrets };
}

/** A relative path means another place in a service. */
function settled(app: App): Record<string, string> {
  const { env } = app.io;
  return Object.fromEntries(
    ['REPOST_HOME', 'REPOST_ORIGINS', 'REPOST_VAULT_PASSPHRASE_FILE'].flatMap((name) =>
      env[name] ? [[name, resolve(env[name])]] : [],
    ),
  );
}

export function secretNote(name: string, scope: Scope): string {
  const where = scope === 'system' ? 'sudo systemctl edit repost' : 'systemctl --user edit repost';
  return `${name} holds a password and was not put into the service, whose file others may read. Where it is needed, add it yourself: ${where}`;
}

/** A daemon can’t be asked, and a passphrase does not belong in a unit. Throws E_VAULT_PASSPHRASE. */
export async function refusePrivatePassphrase(app: App, spec: ServiceSpec): Promise<void> {
  const { meta, secrets } = await app.store();
  const kind = app.config.text('vault') || (await meta.get(VAULT_KEY)) || (secrets ? 'database' : '');
  if (!['file', 'database'].includes(kind) || spec.credential) return;
  const { REPOST_VAULT_PASSPHRASE_FILE: file, REPOST_VAULT_PASSPHRASE_COMMAND: command } = spec.environment;
  if (file || command) return;
  throw new Failure('E_VAULT_PASSPHRASE', {
    message: 'The service could not open the vault: nobody is there to be asked for its passphrase.',
    hint:
      'Put the passphrase into a file that only you can read, and set:\n' +
      'export REPOST_VAULT_PASSPHRASE_FILE="$HOME/.config/repost-passphrase"',
    command: 'repost service install',
  });
}
