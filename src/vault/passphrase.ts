import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { MINUTE } from '../core/clock.ts';
import { vaultPassphrase } from './failures.ts';
import type { Opener } from './file-format.ts';
import { codeOf } from './lock.ts';
import { runCommand } from './run.ts';

export interface PassphraseQuestion {
  /** Which vault it opens, as part of a sentence: `the vault’s file /home/…`. */
  vault: string;
  /** True where the vault is about to be made: ask twice. */
  isNew: boolean;
}

export interface PassphraseSources {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Asks the person at the terminal; undefined where nobody can be asked. */
  prompt?: (question: PassphraseQuestion) => Promise<string>;
}

/** Which kind of opener an existing vault wants; undefined for one that is about to be made. */
export type Wanted = 'passphrase' | 'key' | undefined;

/**
 * What opens an encrypted vault, from the first place that has it: the systemd credentials `vault-key` (32 raw
 * bytes) and `vault-passphrase`, REPOST_VAULT_PASSPHRASE_FILE, REPOST_VAULT_PASSPHRASE_COMMAND,
 * REPOST_VAULT_PASSPHRASE, the prompt. One line's end is taken off the end of a file or a command's answer.
 * Throws E_VAULT_PASSPHRASE.
 */
export async function findOpener(
  sources: PassphraseSources,
  question: PassphraseQuestion,
  wanted: Wanted,
): Promise<Opener> {
  const credentials = sources.env['CREDENTIALS_DIRECTORY'];
  if (credentials && wanted !== 'passphrase') {
    const key = await readIfThere(join(credentials, 'vault-key'));
    if (key) return { key: checkedKey(key) };
  }
  if (wanted === 'key')
    throw vaultPassphrase(
      `${capitalised(question.vault)} opens with a key file, and there is none.`,
      'Give the service its systemd credential again: LoadCredentialEncrypted=vault-key:PATH.',
    );
  const passphrase = await findPassphrase(sources, question, credentials);
  if (passphrase === '') throw vaultPassphrase('The vault’s passphrase is empty.');
  return { passphrase };
}

async function findPassphrase(
  { env, clock, prompt }: PassphraseSources,
  question: PassphraseQuestion,
  credentials: string | undefined,
): Promise<string> {
  const credential = credentials && (await readIfThere(join(credentials, 'vault-passphrase')));
  if (credential) return withoutLineEnd(credential.toString('utf8'));
  const path = env['REPOST_VAULT_PASSPHRASE_FILE'];
  if (path) {
    const content = await readIfThere(path);
    if (!content) throw vaultPassphrase(`REPOST_VAULT_PASSPHRASE_FILE names ${path}, which is not there.`);
    return withoutLineEnd(content.toString('utf8'));
  }
  const command = env['REPOST_VAULT_PASSPHRASE_COMMAND'];
  if (command) return await askCommand(command, env, clock);
  const given = env['REPOST_VAULT_PASSPHRASE'];
  if (given !== undefined) return given;
  if (prompt) return await prompt(question);
  throw vaultPassphrase(`Nothing says the passphrase of ${question.vault}.`);
}

async function askCommand(command: string, env: PassphraseSources['env'], clock: Clock): Promise<string> {
  // It may in turn ask a person, by pinentry or a fingerprint.
  const result = await runCommand({ command, env, clock, timeoutMs: MINUTE });
  const broken = (how: string) =>
    vaultPassphrase(
      `The command in REPOST_VAULT_PASSPHRASE_COMMAND ${how}.`,
      'Run it by hand; it must print the passphrase and end with code 0.',
    );
  if (result === 'late') throw broken('did not end within a minute');
  if (result === 'too long') throw broken('prints megabytes');
  if (result.code !== 0) throw broken(result.code === null ? 'was killed' : `ended with code ${result.code}`);
  return withoutLineEnd(result.stdout);
}

/** 32 raw bytes. Throws E_VAULT_PASSPHRASE. */
export function checkedKey(key: Buffer, named = 'The credential vault-key'): Buffer {
  if (key.length === 32) return key;
  throw vaultPassphrase(
    `${named} has ${key.length} bytes and not 32.`,
    'Make it of 32 random bytes, raw: head -c 32 /dev/urandom | systemd-creds encrypt --name=vault-key - PATH',
  );
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw vaultPassphrase(`The file ${path} can’t be read (${codeOf(error) ?? 'unknown reason'}).`);
  }
}

export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/u, '');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
