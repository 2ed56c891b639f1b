import { readFileSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import type { SecretTable } from '../../store/types.ts';
import { databaseVault } from '../../vault/database.ts';
import { readValue } from '../../vault/failures.ts';
import { openVault } from '../../vault/open.ts';
import { iso, schemaVersion } from '../../web/views.ts';
import type { App } from '../app.ts';
import type { Turn } from '../command.ts';
import { saveSetting } from '../config.ts';
import { counted } from '../counted.ts';
import { takeHome } from '../home.ts';
import { hostName } from '../host-name.ts';
import { namesInVault, notingNames } from '../vault-names.ts';

export async function showVault({ app, print }: Turn): Promise<undefined> {
  const store = await app.store();
  const vault = await app.vault();
  const secrets = (await namesInVault(store.meta)).length;
  const keys = ((await store.secrets?.keys()) ?? []).map(({ name, createdAt }) => ({
    name,
    createdAt: iso(createdAt),
  }));
  print({ schemaVersion, kind: vault.kind, description: vault.description, secrets, keys }, () =>
    [
      `${vault.kind}: ${vault.description}, ${counted(secrets, 'secret')}`,
      ...keys.map(({ name, createdAt }) => `opens for ${name} since ${createdAt}`),
    ].join('\n'),
  );
}

const KINDS = ['keychain', 'file', 'command', 'database'] as const;

/** Copies every secret, reads it back, then removes it from the old vault, under the home’s lock. */
export async function moveVault({ app, print }: Turn, _options: unknown, text: string): Promise<undefined> {
  const kind = KINDS.find((one) => one === text);
  if (!kind)
    throw new Failure('E_USAGE', {
      message: `There is no vault “${text}”.`,
      hint: `Use one of: ${KINDS.join(', ')}.`,
    });
  const lock = await takeHome(app);
  try {
    const { meta, secrets } = await app.store();
    const from = await app.vault();
    if (from.kind === kind) throw new Failure('E_EXISTS', { message: 'The secrets are there already.' });
    const command = app.config.text('vault.command');
    const opened = await openVault({
      kind,
      env: app.io.env,
      path: app.files.vault,
      clock: app.clock,
      ...(command === '' ? {} : { command }),
      ...(secrets ? { shared: { table: secrets, host: hostName(app) ?? '' } } : {}),
    });
    const to = notingNames(opened, meta);
    const names = [...(await namesInVault(meta))];
    for (const name of names) {
      const value = await readValue(from, name);
      if (value === undefined) continue;
      await to.write(name, value);
      if ((await readValue(to, name)) !== value)
        throw new Failure('E_VAULT_UNREACHABLE', {
          message: `${to.description} does not give back what was written.`,
        });
    }
    await meta.set('vault.kind', kind);
    if (app.config.origin('vault') === 'file') saveSetting(app.files.config, 'vault', kind);
    // What names it stays noted, for the new vault: so the old one itself is asked, not the one that notes.
    for (const name of names) {
      await from.remove(name);
      await meta.set(`vault.name/${name}`, '');
    }
    print(
      { schemaVersion, from: from.kind, to: kind, secrets: names.length },
      () => `${counted(names.length, 'secret')} moved to ${to.description}.`,
    );
  } finally {
    lock.release();
  }
}

export async function setKey(
  { app, print }: Turn,
  { newPassphraseFile }: { newPassphraseFile: string },
  name: string,
): Promise<undefined> {
  const table = await tableOf(app);
  const passphrase = readPassphrase(newPassphraseFile);
  const shared = { table, host: hostName(app) ?? '' };
  await databaseVault({ env: app.io.env, clock: app.clock, shared }).setKey(name, { passphrase });
  print({ schemaVersion, name, change: 'set' }, () => `The vault opens for ${name} with that passphrase.`);
}

export async function removeKey({ app, print }: Turn, _options: unknown, name: string): Promise<undefined> {
  if (!(await (await tableOf(app)).removeKey(name)))
    throw new Failure('E_NOT_FOUND', {
      message: `There is no key “${name}”, or it is the last one.`,
      command: 'repost vault',
    });
  print({ schemaVersion, name, change: 'removed' }, () => `The vault opens no more for ${name}.`);
}

async function tableOf(app: App): Promise<SecretTable> {
  const { secrets } = await app.store();
  if (secrets) return secrets;
  throw new Failure('E_CONFIG', {
    message: 'The store is a file of this home: no other host opens its vault.',
    command: 'repost help vaults',
  });
}

function readPassphrase(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/u, '');
  } catch (cause) {
    throw new Failure('E_VAULT_PASSPHRASE', { message: `The file ${path} can’t be read.`, cause });
  }
}
