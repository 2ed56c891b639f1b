import { readFileSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { vaultPassphrase } from '../../vault/failures.ts';
import type { Opener } from '../../vault/file-format.ts';
import { checkedKey, withoutLineEnd } from '../../vault/passphrase.ts';
import { iso, schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { sharedVault } from '../home-vault.ts';

interface NewKey {
  newPassphraseFile?: string;
  newKeyFile?: string;
}

/** Lets a host in, or gives it another passphrase or key. */
export async function setKey({ app, print }: Turn, flags: NewKey, name: string): Promise<undefined> {
  const { vault, table } = await sharedVault(app);
  if (!/^[\w.-]{1,64}$/u.test(name))
    throw new Failure('E_USAGE', {
      message: 'The name of a key is letters, digits, dots, hyphens and underscores, 64 at most.',
      hint: 'The host’s own name is the best: see repost hosts.',
    });
  const opener = openerIn(flags);
  const isNew = !(await table.keys()).some((key) => key.name === name);
  const { createdAt } = await vault.setKey(name, opener);
  const change = isNew ? 'added' : 'replaced';
  print({ schemaVersion, name, createdAt: iso(createdAt), change }, () =>
    isNew
      ? `The vault opens for ${name} now.`
      : `The vault opens for ${name} with the new one, and no more with the one before.`,
  );
}

export async function removeKey({ app, print }: Turn, _options: unknown, name: string): Promise<undefined> {
  const { table } = await sharedVault(app);
  const key = (await table.keys()).find((one) => one.name === name);
  if (!key)
    throw new Failure('E_NOT_FOUND', {
      message: `The vault has no key called “${name}”.`,
      command: 'repost vault',
    });
  if (!(await table.removeKey(name)))
    throw new Failure('E_WRONG_STATE', {
      message: `“${name}” is the last key of the vault: without it nobody could open it.`,
      hint: 'Let another host in first, or move the secrets into another vault.',
      command: 'repost vault key set NAME --new-passphrase-file FILE',
    });
  print(
    { schemaVersion, name, createdAt: iso(key.createdAt), change: 'removed' },
    () => `From its next start on the vault does not open for ${name}.`,
  );
}

/** A new data key, for a host that was removed and may have kept the old one. */
export async function rotateKey({ app, print }: Turn, flags: { shutOut?: boolean }): Promise<undefined> {
  const { vault } = await sharedVault(app);
  let shutOut: readonly string[] = [];
  const keys = await vault.rotate((others) => {
    shutOut = others;
    if (others.length === 0 || flags.shutOut) return;
    throw new Failure('E_WRONG_STATE', {
      message: `Only they know what opens the vault for ${others.join(', ')}: they would be shut out.`,
      hint: 'With --shut-out they are, and each must be let in anew from this host: repost vault key set NAME --new-passphrase-file FILE',
      command: 'repost vault key rotate --shut-out',
    });
  });
  print({ schemaVersion, keys, shutOut }, () =>
    [
      `All is encrypted anew. The vault opens for ${keys.join(', ')}.`,
      ...(shutOut.length === 0
        ? []
        : [`No more for ${shutOut.join(', ')}: repost vault key set lets them in again.`]),
    ].join('\n'),
  );
}

function openerIn({ newPassphraseFile, newKeyFile }: NewKey): Opener {
  if (newKeyFile !== undefined && newPassphraseFile !== undefined)
    throw new Failure('E_USAGE', { message: 'Give --new-passphrase-file or --new-key-file, not both.' });
  if (newKeyFile !== undefined) return { key: checkedKey(readBytes(newKeyFile), newKeyFile) };
  if (newPassphraseFile !== undefined)
    return { passphrase: withoutLineEnd(readBytes(newPassphraseFile).toString('utf8')) };
  throw new Failure('E_MISSING_ANSWER', {
    message: 'What is to open the vault?',
    hint: 'Put a passphrase of its own into a file and give --new-passphrase-file FILE.',
  });
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw vaultPassphrase(`The file ${path} can’t be read.`, 'Check the path, and that you may read it.');
  }
}
