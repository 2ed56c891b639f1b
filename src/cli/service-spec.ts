import { realpathSync } from 'node:fs';
import { Failure } from '../core/failure.ts';
import { programPath } from './child.ts';
import { pathsOf } from './paths.ts';

export type Manager = 'systemd' | 'launchd';
/** `user`: runs as the person who installs it. `system`: as a user of its own, from boot on. */
export type Scope = 'user' | 'system';

/** What a unit or an agent is made of. */
export interface ServiceSpec {
  scope: Scope;
  /** Absolute paths of Node and of this program. */
  node: string;
  program: string;
  environment: Readonly<Record<string, string>>;
  /** Folders of originals that the service may read besides its own. */
  folders: readonly string[];
  /** The key of the system service’s vault. */
  credential?: { path: string; encrypted: boolean };
  /** How long running jobs may take to end. */
  drainMs: number;
  /** systemd’s own version, where it is known: newer ones can do more. */
  systemdVersion?: number;
}

/** Where the system service keeps everything; its user’s home folder. */
export const SYSTEM_HOME = '/var/lib/repost';
export const SYSTEM_USER = 'repost';

/** Variables that change what repost does and must be the same in the service; none holds a secret. */
const carried = [
  'REPOST_HOME',
  'REPOST_ORIGINS',
  'REPOST_VAULT',
  'REPOST_VAULT_COMMAND',
  'REPOST_VAULT_PASSPHRASE_FILE',
  'REPOST_VAULT_PASSPHRASE_COMMAND',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_STATE_HOME',
  'XDG_CACHE_HOME',
  'NODE_EXTRA_CA_CERTS',
  'PATH',
] as const;
const proxies = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'] as const;

/** The environment of a service, and what of it was left out because it is a secret. */
export function serviceEnvironment(
  env: NodeJS.ProcessEnv,
  scope: Scope,
): { environment: Record<string, string>; secrets: string[] } {
  const environment: Record<string, string> = {};
  const secrets: string[] = [];
  const names: readonly string[] =
    scope === 'system' ? ['REPOST_ORIGINS', 'NODE_EXTRA_CA_CERTS', ...proxies] : [...carried, ...proxies];
  for (const name of names) {
    const value = env[name];
    if (!value) continue;
    // A proxy’s address may hold its password; a unit can be read by others.
    if (/:\/\/[^/]*@/u.test(value)) secrets.push(name);
    else environment[name] = value;
  }
  if (scope === 'system') Object.assign(environment, { REPOST_HOME: SYSTEM_HOME, REPOST_VAULT: 'file' });
  else if (env['REPOST_VAULT_PASSPHRASE']) secrets.push('REPOST_VAULT_PASSPHRASE');
  return { environment, secrets };
}

/**
 * Node and the program, as the service will start them. Throws E_SERVICE where the system service’s user could
 * not read them.
 */
export function programs(scope: Scope): { node: string; program: string } {
  const found = { node: process.execPath, program: realpathSync(programPath()) };
  if (scope === 'user') return found;
  for (const path of Object.values(found)) {
    if (!/^\/(?:home|root|run\/user)\//u.test(path)) continue;
    throw new Failure('E_SERVICE', {
      message: `${path} lies in a home folder, which a system service can’t see.`,
      hint: 'Install Node and repost for the whole machine (npm install -g, under /usr or /opt), or install the service for yourself: repost service install --user.',
      command: 'repost service install --user',
    });
  }
  return found;
}

/** Where the service’s home is. */
export function servicePaths(spec: Pick<ServiceSpec, 'environment'>, env: NodeJS.ProcessEnv) {
  return pathsOf({ ...env, ...spec.environment });
}
