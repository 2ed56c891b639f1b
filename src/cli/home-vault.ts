import { Failure } from '../core/failure.ts';
import type { Vault } from '../core/vault.ts';
import type { SecretTable } from '../store/types.ts';
import { type DatabaseVault, databaseVault } from '../vault/database.ts';
import { type HomeVaultKind, openVault, vaultKinds } from '../vault/open.ts';
import type { PassphraseQuestion } from '../vault/passphrase.ts';
import type { App } from './app.ts';
import { hostName } from './host-name.ts';
import { canAsk } from './io.ts';
import { makeFolder } from './paths.ts';
import { notingNames, VAULT_KEY } from './vault-names.ts';

/**
 * The chosen vault; without a choice the one that keeps this home's secrets already: a daemon that was started
 * without REPOST_VAULT must not look into an empty keychain and think that everybody has signed out.
 */
export async function openHomeVault(app: App): Promise<Vault> {
  const { meta } = await app.store();
  const remembered = await meta.get(VAULT_KEY);
  const vault = await vaultOfHome(app, kindIn(app.config.text('vault') || remembered));
  if (remembered === undefined) await meta.set(VAULT_KEY, vault.kind);
  else if (remembered !== vault.kind)
    app.warn(
      `this home’s secrets are in the vault “${remembered}”, and now “${vault.kind}” is asked: go back with: repost config set vault ${remembered}; or take them there: repost vault move ${vault.kind}`,
    );
  return notingNames(vault, meta);
}

/** The vault of that kind that this home has or would have; without one the default. What is written there is not noted. */
export async function vaultOfHome(app: App, kind: HomeVaultKind | undefined): Promise<Vault> {
  const command = app.config.text('vault.command');
  return openVault({
    ...(await surroundings(app)),
    path: app.files.vault,
    ...(kind === undefined ? {} : { kind }),
    ...(command === '' ? {} : { command }),
  });
}

/** The vault in the store that hosts share, whether it is in use or not, and its tables. Throws E_CONFIG. */
export async function sharedVault(app: App): Promise<{ vault: DatabaseVault; table: SecretTable }> {
  const { shared, ...around } = await surroundings(app);
  if (shared) return { vault: databaseVault({ ...around, shared }), table: shared.table };
  throw new Failure('E_CONFIG', {
    message: 'The store is a file of this home: no other host opens its vault.',
    hint: 'Keys are for hosts that share a PostgreSQL store.',
    command: 'repost help vaults',
  });
}

async function surroundings(app: App) {
  makeFolder(app.paths.data);
  const { secrets } = await app.store();
  return {
    env: app.io.env,
    clock: app.clock,
    ...(secrets ? { shared: { table: secrets, host: hostName(app) ?? '' } } : {}),
    ...(canAsk(app.io, app.noInput)
      ? { prompt: (question: PassphraseQuestion) => askPassphrase(app, question) }
      : {}),
  };
}

export const kindIn = (text: string | undefined): HomeVaultKind | undefined =>
  vaultKinds.find((kind) => kind === text);

async function askPassphrase(app: App, { vault, isNew }: PassphraseQuestion): Promise<string> {
  const { ask } = await import('./ask.ts');
  const { askText } = await ask({ app }, 'vaultPassphrase');
  const passphrase = await askText(
    isNew
      ? `A passphrase for ${vault}, which is new (keep it well: nobody can recover it)`
      : `Passphrase of ${vault}`,
    true,
  );
  if (isNew && (await askText('The same again', true)) !== passphrase)
    throw new Failure('E_VAULT_PASSPHRASE', { message: 'The two passphrases differ.' });
  return passphrase;
}
