import { readFileSync } from 'node:fs';
import { Failure } from '../core/failure.ts';
import { ask } from './ask.ts';
import type { Turn } from './command.ts';
import { readStdin } from './io.ts';

export interface PassphraseFlags {
  passphraseStdin?: boolean;
  passphraseFile?: string;
}

/** The passphrase of a backup’s secrets: flag, REPOST_BACKUP_PASSPHRASE, or its person (twice where it is new). */
export async function backupPassphrase(turn: Turn, flags: PassphraseFlags, isNew: boolean): Promise<string> {
  const { io } = turn.app;
  if (flags.passphraseStdin) return readStdin(io);
  if (flags.passphraseFile !== undefined) return readText(flags.passphraseFile);
  const given = io.env['REPOST_BACKUP_PASSPHRASE'];
  if (given) return given;
  const { askText } = await ask(turn, 'backupPassphrase');
  const text = await askText(
    isNew ? 'A passphrase for the backup’s secrets' : 'The backup’s passphrase',
    true,
  );
  if (isNew && (await askText('The same again', true)) !== text)
    throw new Failure('E_VAULT_PASSPHRASE', { message: 'The two passphrases differ.' });
  return text;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/u, '');
  } catch (error) {
    throw new Failure('E_VAULT_PASSPHRASE', {
      message: `The passphrase file ${path} can’t be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
    });
  }
}
