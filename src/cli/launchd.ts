import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { LAUNCHD_LABEL, launchdPlist } from './launchd-plist.ts';
import { osUserId } from './os-user.ts';
import { makeFolder } from './paths.ts';
import { runProgram } from './program-run.ts';
import { type ServiceSpec, servicePaths } from './service-spec.ts';
import type { UnitState } from './systemd.ts';

export function agentPath(env: NodeJS.ProcessEnv): string {
  return join(env['HOME'] || homedir(), 'Library', 'LaunchAgents', `${LAUNCHD_LABEL}.plist`);
}

/** The daemon’s log, which it rotates itself, and what Node says when it can’t even start. */
export function agentLogs(spec: Pick<ServiceSpec, 'environment'>, env: NodeJS.ProcessEnv) {
  const { state } = servicePaths(spec, env);
  return { daemon: join(state, 'daemon.log'), crash: join(state, 'launchd.log') };
}

export function agentText(spec: ServiceSpec, env: NodeJS.ProcessEnv): string {
  return launchdPlist(spec, agentLogs(spec, env));
}

const domain = () => `gui/${osUserId()}`;

export async function installAgent(
  spec: ServiceSpec,
  env: NodeJS.ProcessEnv,
  start: boolean,
): Promise<string> {
  const path = agentPath(env);
  mkdirSync(dirname(path), { recursive: true });
  makeFolder(servicePaths(spec, env).state);
  writeFileSync(path, agentText(spec, env), { mode: 0o600 });
  if (!start) return path;
  // What runs by an older text goes first; where nothing runs, that fails, and does not matter.
  await runProgram('launchctl', ['bootout', `${domain()}/${LAUNCHD_LABEL}`], { env });
  const { code, stderr } = await runProgram('launchctl', ['bootstrap', domain(), path], { env });
  if (code === 0) return path;
  throw new Failure('E_SERVICE', {
    message: `launchctl bootstrap failed: ${stderr.trim().split('\n')[0]}`,
    hint: 'Run it in a terminal of the Mac’s own desktop: over ssh there is no session to start it in.',
  });
}

export async function removeAgent(env: NodeJS.ProcessEnv): Promise<boolean> {
  const path = agentPath(env);
  if (!existsSync(path)) return false;
  await runProgram('launchctl', ['bootout', `${domain()}/${LAUNCHD_LABEL}`], { env });
  rmSync(path);
  return true;
}

/** From the words of `launchctl print`, which are meant for people: what is not found is left open. */
export async function agentState(env: NodeJS.ProcessEnv): Promise<UnitState> {
  const ran = await runProgram('launchctl', ['print', `${domain()}/${LAUNCHD_LABEL}`], { env }).catch(
    () => undefined,
  );
  const text = ran?.code === 0 ? ran.stdout : '';
  const find = (name: string) => new RegExp(`^\\s*${name} = (.+)$`, 'mu').exec(text)?.[1];
  const state = find('state');
  return {
    active: state === 'running' ? 'active' : (state ?? 'inactive'),
    enabled: existsSync(agentPath(env)),
    pid: find('pid') === undefined ? null : Number(find('pid')),
    restarts: Math.max(0, Number(find('runs') ?? 1) - 1),
    result: find('last exit code') ?? null,
    says: null,
  };
}
