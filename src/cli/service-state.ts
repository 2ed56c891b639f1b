import { existsSync, readFileSync } from 'node:fs';
import type { App } from './app.ts';
import type { Check } from './app-check.ts';
import { agentPath, agentState } from './launchd.ts';
import { osUser } from './os-user.ts';
import type { Manager, Scope } from './service-spec.ts';
import { lingers, systemdRuns, type UnitState, unitPath, unitState } from './systemd.ts';

export interface ServiceState extends UnitState {
  /** Null where this machine has none that repost knows. */
  manager: Manager | null;
  scope: Scope;
  installed: boolean;
  /** The unit’s or agent’s file. */
  path: string | null;
  /** Whether it runs while its person is not signed in; null where that is no question. */
  lingers: boolean | null;
  problems: { message: string; command: string }[];
}

export function managerHere(platform: NodeJS.Platform = process.platform): Manager | null {
  if (platform === 'darwin') return 'launchd';
  return platform === 'linux' && systemdRuns() ? 'systemd' : null;
}

const absent: UnitState = { active: null, enabled: false, pid: null, restarts: 0, result: null, says: null };

/** What is installed, and how it fares. Without a scope: the person’s own, else the machine’s. */
export async function serviceState(env: NodeJS.ProcessEnv, wanted?: Scope): Promise<ServiceState> {
  const manager = managerHere();
  if (manager === null)
    return {
      ...absent,
      manager,
      scope: 'user',
      installed: false,
      path: null,
      lingers: null,
      problems: [],
    };
  const scope = wanted ?? installedScope(env, manager);
  const path = manager === 'launchd' ? agentPath(env) : unitPath(scope, env);
  const installed = existsSync(path);
  const unit = !installed
    ? absent
    : manager === 'launchd'
      ? await agentState(env)
      : await unitState(scope, env);
  const state: ServiceState = {
    ...unit,
    manager,
    scope,
    installed,
    path,
    lingers: manager === 'systemd' && scope === 'user' ? lingers() : null,
    problems: [],
  };
  return { ...state, problems: installed ? problemsOf(state) : [] };
}

export function installedScope(env: NodeJS.ProcessEnv, manager: Manager): Scope {
  if (manager === 'launchd' || existsSync(unitPath('user', env))) return 'user';
  return existsSync(unitPath('system', env)) ? 'system' : 'user';
}

function problemsOf(state: ServiceState): ServiceState['problems'] {
  const problems: ServiceState['problems'] = [];
  const again = `${state.scope === 'system' ? 'sudo ' : ''}repost service install${state.scope === 'system' ? ' --system' : ''}`;
  for (const missing of missingPrograms(state.path ?? ''))
    problems.push({
      message: `the service starts ${missing}, which is no longer there (an update of Node?)`,
      command: again,
    });
  if (state.active === 'failed')
    problems.push({
      message: `the service has failed (${state.result ?? 'unknown'})`,
      command: 'repost service logs',
    });
  else if (state.active !== 'active' && state.active !== null)
    problems.push({ message: `the service is ${state.active}`, command: again });
  if (state.active === null)
    problems.push({
      message: 'the service manager does not answer',
      command: 'systemctl --user status',
    });
  if (!state.enabled && state.active !== null)
    problems.push({ message: 'the service does not start at boot', command: again });
  if (state.lingers === false)
    problems.push({
      message: 'the service stops when you sign out',
      command: `loginctl enable-linger ${osUser()}`,
    });
  return problems;
}

/** Absolute paths in the command that no longer exist: version managers move Node with every update. */
function missingPrograms(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const command = /^ExecStart=(.+)$/mu.exec(text)?.[1];
  const words = command
    ? [...command.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/gu)].map(([, quoted, plain]) => quoted ?? plain ?? '')
    : [...(/<array>(.*?)<\/array>/su.exec(text)?.[1] ?? '').matchAll(/<string>(.*?)<\/string>/gu)].map(
        ([, word]) => word ?? '',
      );
  return words.filter((word) => /^\/[^"\\%$&]*$/u.test(word) && !existsSync(word));
}

/** For `repost doctor`: is there a service, does it run, and will it after a logout and an update? */
export async function checkService(app: App): Promise<Check[]> {
  const state = await serviceState(app.io.env);
  if (state.manager === null) return [];
  if (!state.installed)
    return [
      {
        result: 'WARN',
        title: 'no service is installed: after a reboot nothing runs',
        hint: 'repost service install',
      },
    ];
  if (state.problems.length === 0)
    return [{ result: 'PASS', title: `the service runs (${state.manager}, ${state.scope})`, hint: null }];
  return state.problems.map(({ message, command }) => ({ result: 'WARN', title: message, hint: command }));
}
