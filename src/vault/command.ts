import type { Clock } from '../core/clock.ts';
import { SECOND } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import type { Vault } from '../core/vault.ts';
import { readOutcome, vaultLocked, vaultUnreachable } from './failures.ts';
import { proveCanary } from './probe.ts';
import { runCommand } from './run.ts';
import { takeTurns } from './turns.ts';

export interface CommandVaultOptions {
  /** Shell line of the helper; the verb is appended to it. */
  command: string;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** How long one call may take (ms). Default 30 s: the helper may have to ask a person. */
  timeoutMs?: number;
}

type Verb = 'get' | 'store' | 'erase';

/**
 * A vault kept by a program of the user's choice (pass, 1Password, a cloud's secret store), in the manner of
 * docker's credential helpers (https://github.com/docker/docker-credential-helpers): the setting
 * `vault.command` or REPOST_VAULT_COMMAND names it, one run is one call.
 *
 *     COMMAND get      stdin {"name": "grant/x/12"}                   stdout {"value": "…"}, or {} where there is none
 *     COMMAND store    stdin {"name": "grant/x/12", "value": "…"}     stdout is not read; durable when it ends
 *     COMMAND erase    stdin {"name": "grant/x/12"}                   stdout is not read; fine where there is none
 *
 * stdin and stdout are one JSON object in UTF-8. Names hold letters, digits and `/ : . - _ @ #`. Exit code 0:
 * done; 2: the store is locked, its person must open it; anything else: it can't be reached now. What the
 * helper writes to stderr is not shown, because it may hold secrets. Calls come one at a time.
 */
export function commandVault(options: CommandVaultOptions): Vault {
  const inTurn = takeTurns();
  const call = (verb: Verb, message: { name: string; value?: string }) =>
    inTurn(() => callHelper(options, verb, message));
  const vault: Vault = {
    kind: 'command',
    description: 'the command set as vault.command',
    probe: () => proveCanary(vault),
    async read(name) {
      try {
        const value = answeredValue(await call('get', { name }));
        return value === undefined ? { state: 'absent' } : { state: 'found', value };
      } catch (error) {
        return readOutcome(error);
      }
    },
    async write(name, value) {
      await call('store', { name, value });
    },
    async remove(name) {
      await call('erase', { name });
    },
  };
  return vault;
}

async function callHelper(
  options: CommandVaultOptions,
  verb: Verb,
  message: { name: string; value?: string },
): Promise<string> {
  const timeoutMs = options.timeoutMs ?? 30 * SECOND;
  const result = await runCommand({
    command: `${options.command} ${verb}`,
    input: `${JSON.stringify(message)}\n`,
    env: options.env,
    clock: options.clock,
    timeoutMs,
  });
  if (result === 'late')
    throw vaultUnreachable(
      `The vault’s command did not ${verb} within ${timeoutMs / SECOND} s.`,
      byHand(verb),
    );
  if (result === 'too long')
    throw vaultUnreachable('The vault’s command answers with megabytes.', byHand(verb));
  if (result.code === 2)
    throw vaultLocked(
      'The vault’s command says that its store is locked.',
      'Unlock it, then run this again.',
    );
  if (result.code !== 0) {
    const how = result.code === null ? 'was killed' : `ended with code ${result.code}`;
    throw vaultUnreachable(`The vault’s command ${how} on ${verb}.`, byHand(verb));
  }
  return result.stdout;
}

function byHand(verb: Verb): string {
  return `Run your vault.command with \`${verb}\` by hand, {"name": "canary/1"} on stdin, and see what it says.`;
}

/** Throws E_VAULT_UNREACHABLE: an answer that isn't the protocol's says nothing about what is stored. */
function answeredValue(stdout: string): string | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    throw notTheProtocol();
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw notTheProtocol();
  if (!('value' in answer)) return undefined;
  if (typeof answer.value !== 'string') throw notTheProtocol();
  return answer.value;
}

function notTheProtocol(): Failure {
  return vaultUnreachable('The vault’s command doesn’t answer get with {"value": "…"} or {}.', byHand('get'));
}
