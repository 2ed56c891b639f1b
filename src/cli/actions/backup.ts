import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { backupDatabase, describeBackup, restoreDatabase } from '../../store/backup.ts';
import { readValue } from '../../vault/failures.ts';
import { openSealed, type Secrets, sealSecrets } from '../../vault/sealed.ts';
import { iso, schemaVersion } from '../../web/views.ts';
import type { App } from '../app.ts';
import { backupPassphrase, type PassphraseFlags } from '../backup-passphrase.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { takeHome } from '../home.ts';
import { makeFolder } from '../paths.ts';
import { namesInVault } from '../vault-names.ts';

interface BackupFlags extends PassphraseFlags {
  withVault?: boolean;
  verify?: boolean;
}

interface RestoreFlags extends PassphraseFlags {
  withVault?: boolean;
}

/** The settings travel in the backup’s own table of small values: they hold no secret. */
const SETTINGS = 'backup.settings';
const MADE_AT = 'backup.at';

/** Far more than the secrets of a thousand accounts. */
const LARGEST_VAULT_BYTES = 16 * 1024 * 1024;

/** Where a backup’s sealed secrets lie. */
const vaultBeside = (path: string) => `${path}.vault`;

/** A copy of the home’s file would hold nothing where a server keeps everything. */
function refuseServer({ config }: Turn['app']): void {
  if (config.text('store') !== '') throw new Failure('E_DB_SERVER');
}

/** Copies the database, running or not; with the vault’s secrets, sealed, in a file beside it where that is wanted. */
export async function backup(turn: Turn, flags: BackupFlags, file: string): Promise<undefined> {
  if (flags.verify) return verify(turn, flags, file);
  const { app, print } = turn;
  refuseServer(app);
  const path = resolve(file);
  const sealed = flags.withVault ? await sealVault(turn, flags) : undefined;
  if (sealed && existsSync(vaultBeside(path)))
    throw new Failure('E_EXISTS', { message: `${vaultBeside(path)} exists already.` });
  const { meta } = await app.store();
  await meta.set(MADE_AT, String(app.clock.now()));
  if (existsSync(app.files.config)) await meta.set(SETTINGS, readFileSync(app.files.config, 'utf8'));
  const { bytes, schema } = await backupDatabase(app.files.database, path);
  try {
    if (sealed) writeFileSync(vaultBeside(path), sealed.text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // Half of what was asked for would be taken for the whole.
    rmSync(path);
    throw new Failure('E_HOME', {
      message: `${vaultBeside(path)} can’t be written: ${String((error as NodeJS.ErrnoException).code)}.`,
    });
  }
  const vault = sealed ? vaultBeside(path) : null;
  print({ schemaVersion, path, bytes, schema, vault, secrets: sealed?.count ?? 0 }, () =>
    [
      `The database is copied to ${path} (${bytes} bytes), whole and checked.`,
      vault
        ? `${sealed?.count} secret(s) are sealed in ${vault}: without their passphrase nobody opens it.`
        : 'The sign-ins are not in it: --with-vault takes them along, sealed.',
    ].join('\n'),
  );
}

async function sealVault(turn: Turn, flags: PassphraseFlags): Promise<{ text: string; count: number }> {
  const { app } = turn;
  const vault = await app.vault();
  const secrets = new Map<string, string>();
  for (const name of await namesInVault((await app.store()).meta)) {
    const value = await readValue(vault, name);
    if (value !== undefined) secrets.set(name, value);
  }
  return {
    text: await sealSecrets(secrets, await backupPassphrase(turn, flags, true)),
    count: secrets.size,
  };
}

/** Reads all of a backup, and opens its secrets where their passphrase is given. Changes nothing. */
async function verify(turn: Turn, flags: BackupFlags, file: string): Promise<undefined> {
  const path = resolve(file);
  const facts = describeBackup(path);
  const secrets = wantsVault(flags, turn.app.io.env) ? await openVaultOf(turn, flags, path) : undefined;
  const { madeAt, ...counts } = facts;
  turn.print(
    { schemaVersion, path, ok: true, madeAt: iso(madeAt), ...counts, secrets: secrets?.size ?? null },
    () =>
      [
        `${path} is sound: ${counted(counts.accounts, 'account')}, ${counted(counts.rules, 'rule')}, ${counted(counts.videos, 'video')}, ${counted(counts.posts, 'post')}; schema ${counts.schema}${madeAt === null ? '' : `, made ${iso(madeAt)}`}.`,
        ...(secrets ? [`Its passphrase opens ${counted(secrets.size, 'secret')}.`] : []),
        ...(!secrets && existsSync(vaultBeside(path))
          ? [`Its secrets in ${vaultBeside(path)} were not tried: --with-vault.`]
          : []),
      ].join('\n'),
  );
}

const wantsVault = (flags: RestoreFlags, env: NodeJS.ProcessEnv): boolean =>
  Boolean(
    flags.withVault ||
      flags.passphraseStdin ||
      flags.passphraseFile !== undefined ||
      env['REPOST_BACKUP_PASSPHRASE'],
  );

async function openVaultOf(turn: Turn, flags: PassphraseFlags, path: string): Promise<Secrets> {
  const beside = vaultBeside(path);
  const found = lstatSync(beside, { throwIfNoEntry: false });
  if (!found)
    throw new Failure('E_NOT_FOUND', { message: `There are no secrets beside the backup: no ${beside}.` });
  if (!found.isFile() || found.size > LARGEST_VAULT_BYTES)
    throw new Failure('E_VAULT_CORRUPT', { message: `${beside} is no file of sealed secrets.` });
  return openSealed(readFileSync(beside, 'utf8'), await backupPassphrase(turn, flags, false), beside);
}

/** Puts a backup in the database’s place, under the home’s lock: nothing is changed before all of it is known to be sound. */
export async function restore(turn: Turn, flags: RestoreFlags, file: string): Promise<undefined> {
  const { app, print, note } = turn;
  refuseServer(app);
  const path = resolve(file);
  const lock = await takeHome(app);
  let kept: string | null;
  let secrets: Secrets | undefined;
  let settings: boolean;
  try {
    secrets = wantsVault(flags, app.io.env) ? await openVaultOf(turn, flags, path) : undefined;
    kept = restoreDatabase(path, app.files.database, app.clock.now());
    settings = await restoreSettings(app);
    if (secrets) await restoreVault(app, secrets);
  } finally {
    await lock.release();
  }
  print(
    {
      schemaVersion,
      database: app.files.database,
      kept,
      settings: settings ? 'restored' : 'kept',
      secrets: secrets?.size ?? 0,
    },
    () =>
      [
        `${app.files.database} is what it was in ${path}.`,
        ...(kept === null ? [] : [`What was there before is kept: ${kept}`]),
        ...(secrets ? [`${secrets.size} secret(s) are in the vault again.`] : []),
        ...(settings ? ['The settings came back with it.'] : []),
      ].join('\n'),
  );
  note('Before anything goes out, the next run looks whether something was posted that this backup does not');
  note('know: publishing is held until each account shows nothing unknown, or you let it go.');
  note('See: repost quarantine, and repost quarantine release ACCOUNT');
}

/** Settings that are there stay: they belong to this machine. */
async function restoreSettings(app: App): Promise<boolean> {
  const text = await (await app.store()).meta.get(SETTINGS);
  if (text === undefined || existsSync(app.files.config)) return false;
  makeFolder(app.paths.config);
  writeFileSync(app.files.config, text, { mode: 0o600, flag: 'wx' });
  // The vault is chosen by this machine, as it was when the command began.
  return true;
}

async function restoreVault(app: App, secrets: Secrets): Promise<void> {
  const { meta } = await app.store();
  // The backup remembers the vault of the machine it was made on; here another one may be chosen.
  await meta.remove('vault.kind');
  const vault = await app.vault();
  for (const [name, value] of secrets) await vault.write(name, value);
}
