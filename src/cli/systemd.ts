import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { osUser, osUserId } from './os-user.ts';
import { type Ran, runProgram } from './program-run.ts';
import { type Scope, type ServiceSpec, SYSTEM_HOME, SYSTEM_USER } from './service-spec.ts';
import { systemdUnit } from './systemd-unit.ts';

export const UNIT = 'repost.service';

/** True where systemd is what started this machine (https://www.freedesktop.org/software/systemd/man/latest/sd_booted.html). */
export function systemdRuns(): boolean {
  return existsSync('/run/systemd/system');
}

export function unitPath(scope: Scope, env: NodeJS.ProcessEnv): string {
  if (scope === 'system') return `/etc/systemd/system/${UNIT}`;
  const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return join(config, 'systemd', 'user', UNIT);
}

/** Without a login session the way to the person’s own manager must be named. */
function sessionEnv(scope: Scope, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (scope === 'system' || env['XDG_RUNTIME_DIR']) return env;
  return { ...env, XDG_RUNTIME_DIR: `/run/user/${osUserId()}` };
}

export function systemctl(scope: Scope, env: NodeJS.ProcessEnv, args: readonly string[]): Promise<Ran> {
  const own = scope === 'user' ? ['--user'] : [];
  return runProgram('systemctl', [...own, '--no-pager', ...args], { env: sessionEnv(scope, env) });
}

/** Throws E_SERVICE with systemd’s own words. */
async function must(scope: Scope, env: NodeJS.ProcessEnv, args: readonly string[]): Promise<void> {
  const { code, stderr } = await systemctl(scope, env, args);
  if (code === 0) return;
  const noBus = /Failed to connect to bus|No medium found/u.test(stderr);
  throw new Failure('E_SERVICE', {
    message: `systemctl ${args.join(' ')} failed: ${stderr.trim().split('\n')[0]}`,
    ...(noBus && scope === 'user'
      ? {
          hint: 'You have no systemd session of your own here: sign in on the machine itself or by ssh (not by su), or install it for the whole machine.',
          command: 'sudo repost service install --system',
        }
      : { command: 'repost service logs' }),
  });
}

/** The number of systemd’s version; undefined where it does not say. */
export async function systemdVersion(env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const ran = await runProgram('systemctl', ['--version'], { env }).catch(() => undefined);
  const [, number] = /^systemd (\d+)/u.exec(ran?.stdout ?? '') ?? [];
  return number === undefined ? undefined : Number(number);
}

/** Writes the unit, and (unless told not to) starts it now and at every boot. */
export async function installUnit(
  spec: ServiceSpec,
  env: NodeJS.ProcessEnv,
  start: boolean,
): Promise<string> {
  const { scope } = spec;
  const path = unitPath(scope, env);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, systemdUnit(spec), { mode: 0o644 });
  await must(scope, env, ['daemon-reload']);
  if (!start) return path;
  await must(scope, env, ['enable', UNIT]);
  // Not `start`: a changed unit counts at once.
  await must(scope, env, ['restart', UNIT]);
  return path;
}

/** Gives whether there was one. */
export async function removeUnit(scope: Scope, env: NodeJS.ProcessEnv): Promise<boolean> {
  const path = unitPath(scope, env);
  if (!existsSync(path)) return false;
  await must(scope, env, ['disable', '--now', UNIT]);
  rmSync(path);
  await must(scope, env, ['daemon-reload']);
  return true;
}

export interface UnitState {
  /** `active`, `activating`, `failed`, `inactive`, …; null where the manager does not answer. */
  active: string | null;
  enabled: boolean;
  pid: number | null;
  restarts: number;
  /** How it ended last: `success`, `exit-code`, `watchdog`, `signal`, … */
  result: string | null;
  /** What the daemon says of itself. */
  says: string | null;
}

export async function unitState(scope: Scope, env: NodeJS.ProcessEnv): Promise<UnitState> {
  const names = 'ActiveState,UnitFileState,MainPID,NRestarts,Result,StatusText';
  const ran = await systemctl(scope, env, ['show', UNIT, `--property=${names}`]).catch(() => undefined);
  const facts = new Map(
    (ran?.code === 0 ? ran.stdout : '').split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const pid = Number(facts.get('MainPID') ?? 0);
  return {
    active: facts.get('ActiveState') ?? null,
    enabled: facts.get('UnitFileState') === 'enabled',
    pid: pid > 0 ? pid : null,
    restarts: Number(facts.get('NRestarts') ?? 0),
    result: facts.get('Result') || null,
    says: facts.get('StatusText') || null,
  };
}

/** Whether a person’s services run while they are not signed in; they end at logout otherwise. */
export function lingers(): boolean {
  return existsSync(join('/var/lib/systemd/linger', osUser()));
}

export async function enableLinger(env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stderr } = await runProgram('loginctl', ['enable-linger'], { env: sessionEnv('user', env) });
  if (code === 0) return;
  throw new Failure('E_SERVICE', {
    message: `loginctl enable-linger failed: ${stderr.trim().split('\n')[0]}`,
    command: `sudo loginctl enable-linger ${osUser()}`,
  });
}

/** Makes the system service’s user, where there is none. */
export async function makeUser(env: NodeJS.ProcessEnv): Promise<void> {
  if ((await runProgram('getent', ['passwd', SYSTEM_USER], { env })).code === 0) return;
  const args = ['--system', '--user-group', '--home-dir', SYSTEM_HOME, '--no-create-home'];
  const made = await runProgram('useradd', [...args, '--shell', '/usr/sbin/nologin', SYSTEM_USER], { env });
  if (made.code !== 0)
    throw new Failure('E_SERVICE', {
      message: `The user ${SYSTEM_USER} can’t be made: ${made.stderr.trim()}`,
    });
}
