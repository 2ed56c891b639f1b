import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { agentLogs, agentPath, agentText, installAgent, removeAgent } from '../launchd.ts';
import {
  asManager,
  elsewhere,
  needManager,
  needRoot,
  refusePrivatePassphrase,
  type ServiceFlags,
  scopeFor,
  secretNote,
  specFor,
} from '../service-choice.ts';
import { programs, SYSTEM_HOME, SYSTEM_USER, serviceEnvironment } from '../service-spec.ts';
import { installedScope, managerHere, type ServiceState, serviceState } from '../service-state.ts';
import { enableLinger, installUnit, lingers, makeUser, removeUnit, unitPath } from '../systemd.ts';
import { systemdUnit } from '../systemd-unit.ts';
import { findCredential, vaultCredential } from '../vault-credential.ts';

/** Writes the unit or agent and starts it. */
export async function installService({ app, print, note }: Turn, flags: ServiceFlags): Promise<undefined> {
  const manager = needManager();
  const scope = scopeFor(app, flags, manager);
  const { spec, secrets } = await specFor(app, flags, scope, manager);
  for (const name of secrets) app.warn(secretNote(name, scope));
  if (scope === 'user') await refusePrivatePassphrase(app, spec);
  const start = flags.start !== false;
  if (manager === 'launchd') await installAgent(spec, app.io.env, start);
  else {
    if (scope === 'system') {
      await makeUser(app.io.env);
      spec.credential = await vaultCredential(app.io.env);
    }
    await installUnit(spec, app.io.env, start);
    if (scope === 'user' && flags.linger) await enableLinger(app.io.env);
  }
  const state = await serviceState(app.io.env, scope);
  print({ schemaVersion, ...state }, () => installedText(state));
  if (scope === 'user' && manager === 'systemd' && !lingers())
    note('It stops when you sign out. To keep it running: repost service install --linger');
  if (scope === 'system')
    note(
      `It keeps everything in ${SYSTEM_HOME}, as the user ${SYSTEM_USER}. Work on that home with: sudo repost service run COMMAND\n  $ sudo repost service run login tiktok --no-browser`,
    );
}

function installedText(state: ServiceState): string {
  const how =
    state.active === 'active' ? 'It runs, and starts again at every boot.' : `It is ${state.active}.`;
  return `Installed ${state.path}. ${how}`;
}

/** Prints the unit or agent that install would write. */
export async function printService({ app, print }: Turn, flags: ServiceFlags): Promise<undefined> {
  const manager = flags.for === undefined ? needManager() : asManager(flags.for);
  const scope = flags.system && manager === 'systemd' ? 'system' : 'user';
  const { spec } = await specFor(app, flags, scope, manager);
  if (scope === 'system')
    spec.credential = findCredential() ?? { path: '/etc/repost/vault-key.cred', encrypted: true };
  const { env } = app.io;
  const text = manager === 'launchd' ? agentText(spec, env) : systemdUnit(spec);
  const path = manager === 'launchd' ? agentPath(env) : unitPath(scope, env);
  print({ schemaVersion, manager, scope, path, text }, () => text);
}

export async function statusService({ app, print }: Turn, flags: ServiceFlags): Promise<undefined> {
  const state = await serviceState(app.io.env, flags.system ? 'system' : flags.user ? 'user' : undefined);
  print({ schemaVersion, ...state }, () => {
    if (state.manager === null) return elsewhere;
    if (!state.installed) return 'No service is installed: repost service install';
    const facts = [
      `${state.active ?? 'unknown'}${state.pid === null ? '' : ` (process ${state.pid})`}`,
      state.says ?? '',
      state.restarts > 0 ? counted(state.restarts, 'restart') : '',
    ].filter(Boolean);
    return [
      `${state.manager}, ${state.scope}: ${facts.join(', ')}`,
      `  ${state.path}`,
      ...state.problems.map(({ message, command }) => `  ! ${message}\n    $ ${command}`),
    ].join('\n');
  });
}

export async function uninstallService({ app, print }: Turn, flags: ServiceFlags): Promise<undefined> {
  const manager = needManager();
  const scope = flags.system ? 'system' : flags.user ? 'user' : installedScope(app.io.env, manager);
  if (scope === 'system') needRoot('uninstall --system');
  const removed = manager === 'launchd' ? await removeAgent(app.io.env) : await removeUnit(scope, app.io.env);
  if (!removed) throw new Failure('E_NOT_FOUND', { message: 'No service is installed.' });
  print({ schemaVersion, removed: true, scope }, () =>
    scope === 'system'
      ? `Removed. Its data in ${SYSTEM_HOME}, its key in /etc/repost and the user ${SYSTEM_USER} are still there.`
      : 'Removed. Your accounts, rules and history are still there.',
  );
}

/** The log, from the journal or the agent’s file. */
export async function serviceLogs({ app }: Turn, flags: ServiceFlags): Promise<number> {
  const manager = needManager();
  const { env } = app.io;
  const lines = flags.lines ?? '100';
  if (!/^\d+$/u.test(lines))
    throw new Failure('E_USAGE', { message: `--lines can’t be “${lines}”: it is a number.` });
  const scope = flags.system ? 'system' : flags.user ? 'user' : installedScope(env, manager);
  if (manager === 'launchd') {
    const { daemon } = agentLogs({ environment: {} }, env);
    if (!existsSync(daemon)) throw new Failure('E_NOT_FOUND', { message: `There is no log ${daemon} yet.` });
    return pass('tail', ['-n', lines, ...(flags.follow ? ['-F'] : []), daemon], env);
  }
  const own = scope === 'user' ? ['--user-unit'] : ['--unit'];
  return pass('journalctl', [...own, 'repost', '--lines', lines, ...(flags.follow ? ['--follow'] : [])], env);
}

/** Runs a command on the system service’s home: as its user, with the key of its vault. */
export async function runAsService({ app }: Turn, _flags: unknown, words: string[]): Promise<number> {
  needRoot('run');
  const credential = findCredential();
  if (managerHere() !== 'systemd' || !credential)
    throw new Failure('E_SERVICE', {
      message: 'The system service is not installed.',
      command: 'sudo repost service install --system',
    });
  const { environment } = serviceEnvironment(app.io.env, 'system');
  const load = credential.encrypted ? 'LoadCredentialEncrypted' : 'LoadCredential';
  const { node, program } = programs('system');
  return pass(
    'systemd-run',
    [
      ...['--quiet', '--collect', '--wait', '--service-type=exec', `--uid=${SYSTEM_USER}`],
      app.io.stdin.isTTY === true ? '--pty' : '--pipe',
      ...['-p', 'StateDirectory=repost', '-p', 'StateDirectoryMode=0700', '-p', 'UMask=0077'],
      ...['-p', `${load}=vault-key:${credential.path}`, '-p', 'PrivateTmp=yes', '-p', 'LimitCORE=0'],
      ...Object.entries(environment).flatMap(([name, value]) => ['-E', `${name}=${value}`]),
      ...['--', node, program, ...words],
    ],
    app.io.env,
  );
}

/** A program with this terminal as its own. Gives its exit code. */
function pass(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: 'inherit' });
    child.once('error', (error) =>
      reject(new Failure('E_TOOL_MISSING', { message: `${program} can’t be run: ${error.message}.` })),
    );
    child.once('close', (code) => resolve(code ?? 1));
  });
}
