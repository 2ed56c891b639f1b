import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Vault } from '../core/vault.ts';
import { commandVault } from './command.ts';
import { databaseVault, type SharedSecrets } from './database.ts';
import { fileVault } from './file.ts';
import { keychainVault } from './keychain.ts';
import type { Keytar } from './keychain-calls.ts';
import type { PassphraseQuestion } from './passphrase.ts';

export interface OpenVaultOptions {
  /** From the flag or the setting; else REPOST_VAULT; else `shared`, where there is one; else the keychain, if one answers. */
  kind?: HomeVaultKind;
  env: Readonly<Record<string, string | undefined>>;
  /** Where the encrypted file lies or will lie. */
  path: string;
  /** The setting `vault.command`; else REPOST_VAULT_COMMAND. */
  command?: string;
  /** Asks the person for the file's passphrase; undefined where nobody can be asked. */
  prompt?: (question: PassphraseQuestion) => Promise<string>;
  clock: Clock;
  /** The tables of a store that hosts share; undefined where the store is a file. */
  shared?: SharedSecrets;
  /** Where the keychain's API comes from. Default: the optional package keytar. */
  load?: () => Promise<Keytar>;
}

export const vaultKinds = ['keychain', 'file', 'command', 'database'] as const;
/** A vault that a home can have. */
export type HomeVaultKind = (typeof vaultKinds)[number];

/**
 * The vault that was chosen; without a choice the one in the store that hosts share, else the keychain, where one answers within 5 s, locked or not.
 * Nothing else is ever taken unasked: throws E_VAULT_NONE, whose hint is the two lines that choose the
 * encrypted file. A chosen vault is not tried here; `probe` does that. Throws E_CONFIG for a bad choice.
 */
export async function openVault(options: OpenVaultOptions): Promise<Vault> {
  const { env, clock, path } = options;
  const load = options.load && { load: options.load };
  const kind = options.kind ?? chosen(env['REPOST_VAULT']) ?? (options.shared ? 'database' : undefined);
  switch (kind) {
    case 'file':
      return fileVault({ env, clock, path, ...(options.prompt && { prompt: options.prompt }) });
    case 'command':
      return commandVault({ env, clock, command: helperOf(options) });
    case 'database':
      return databaseVault({
        env,
        clock,
        shared: sharedOf(options),
        ...(options.prompt && { prompt: options.prompt }),
      });
    case 'keychain':
      return keychainVault({ clock, ...load });
    case undefined:
      return await answering(keychainVault({ clock, ...load }));
  }
}

/** A locked keychain answers too: then its person unlocks it, and nothing else is needed. */
async function answering(vault: Vault): Promise<Vault> {
  try {
    await vault.probe();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'E_VAULT_LOCKED') return vault;
    throw new Failure('E_VAULT_NONE', {
      message: `There is no place for secrets: ${uncapitalised(error.message)} No other vault is chosen.`,
      hint:
        'Put a passphrase of your choice into a file that only you can read, and set these two lines:\n' +
        'export REPOST_VAULT=file\n' +
        'export REPOST_VAULT_PASSPHRASE_FILE="$HOME/.config/repost-passphrase"',
    });
  }
  return vault;
}

function chosen(text: string | undefined): HomeVaultKind | undefined {
  if (!text) return undefined;
  const kind = vaultKinds.find((known) => known === text);
  if (kind) return kind;
  throw new Failure('E_CONFIG', {
    message: `REPOST_VAULT is ${JSON.stringify(text.slice(0, 40))}, and no such vault exists.`,
    hint: `Use one of: ${vaultKinds.join(', ')}.`,
  });
}

function sharedOf({ shared }: OpenVaultOptions): SharedSecrets {
  if (shared) return shared;
  throw new Failure('E_CONFIG', {
    message: 'The vault is `database`, and the store is a file of this home.',
    hint: 'Choose another vault, or move the store to a PostgreSQL server first.',
    command: 'repost help vaults',
  });
}

function helperOf({ command, env }: OpenVaultOptions): string {
  const helper = command || env['REPOST_VAULT_COMMAND'];
  if (helper) return helper;
  throw new Failure('E_CONFIG', {
    message: 'The vault is `command`, and no command is named.',
    hint: 'Name it: repost config set vault.command COMMAND, or export REPOST_VAULT_COMMAND=COMMAND.',
  });
}

function uncapitalised(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
