import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Account, App as DeveloperApp, Grant } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import { isPlatformId } from '../../core/names.ts';
import { serviceOf } from '../../platforms/index.ts';
import { grantName, readGrant, readSecret, saveGrant } from '../../vault/grants.ts';
import { openSealed, sealSecrets } from '../../vault/sealed.ts';
import { accountView } from '../../web/views.ts';
import { backupPassphrase, type PassphraseFlags } from '../backup-passphrase.ts';
import type { Turn } from '../command.ts';
import { hostOf } from '../connect.ts';
import { findAccount } from '../find.ts';
import { readStdin } from '../io.ts';
import { keepApp } from './app.ts';
import { keepAccount } from './login.ts';

/** One sign-in with what it needs elsewhere: the account, its grant, its developer app. */
interface Parcel {
  v: 1;
  account: Pick<Account, 'platform' | 'handle' | 'name' | 'remoteId' | 'user' | 'scopes' | 'settings'>;
  grant: Grant;
  app?: DeveloperApp;
}

/** Entries of the sealed text are named after the grants, so that one sign-in is in it once. */
const PREFIX = 'login:';

/** More than the sign-ins of ten thousand accounts. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** Writes sign-ins, sealed with a passphrase, for another machine. */
export async function exportLogins(
  turn: Turn,
  options: PassphraseFlags & { output?: string },
  names: readonly string[],
): Promise<undefined> {
  const { app, note } = turn;
  const store = await app.store();
  const accounts = await Promise.all(names.map((name) => findAccount(store, name)));
  if (options.output !== undefined && existsSync(options.output))
    throw new Failure('E_EXISTS', { message: `${options.output} exists already.` });
  const parcels = new Map<string, string>();
  for (const account of accounts)
    parcels.set(PREFIX + grantName(account), JSON.stringify(await parcelOf(turn, account)));
  const text = await sealSecrets(parcels, await backupPassphrase(turn, options, true));
  if (options.output === undefined) app.io.stdout.write(text);
  else {
    writeFileSync(options.output, text, { mode: 0o600, flag: 'wx' });
    turn.print(
      accounts.map(accountView),
      () => `${accounts.length} sign-in(s) are sealed in ${options.output}.`,
    );
  }
  note('On the other machine: repost login import FILE');
  for (const { account } of accounts)
    note(
      `Two machines that renew one sign-in end it for each other. Once it works there: repost logout ${account} --local`,
    );
}

async function parcelOf(turn: Turn, account: Account): Promise<Parcel> {
  const vault = await turn.app.vault();
  const grant = await readGrant(vault, account);
  if (!grant)
    throw new Failure('E_LOGIN_NEEDED', {
      message: `${account.account} is not signed in here.`,
      command: `repost login ${account.platform}`,
    });
  const { platform, handle, name, remoteId, user, scopes, settings } = account;
  const row = await (await turn.app.store()).apps.get(platform, hostOf(account));
  const secret = row && (await readSecret(vault, platform, row.host));
  return {
    v: 1,
    account: { platform, handle, name, remoteId, user, scopes, settings },
    grant,
    ...(row ? { app: { ...row, ...(secret === undefined ? {} : { clientSecret: secret }) } } : {}),
  };
}

/** Takes over sign-ins that another machine sealed. */
export async function importLogins(turn: Turn, options: PassphraseFlags, file: string): Promise<undefined> {
  const { app, print, note } = turn;
  const text = file === '-' ? await readStdin(app.io) : readFile(file);
  const sealed = await openSealed(text, await backupPassphrase(turn, options, false), file);
  const parcels = [...sealed]
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([, value]) => readParcel(value, file));
  if (parcels.length === 0)
    throw new Failure('E_NOT_FOUND', {
      message: `${file} holds no sign-ins.`,
      command: 'repost login export ACCOUNT',
    });
  const accounts: Account[] = [];
  for (const parcel of parcels) accounts.push(await unpack(turn, parcel));
  app.nudge();
  print(accounts.map(accountView), () => accounts.map(({ account }) => `Signed in: ${account}`).join('\n'));
  note('Next: repost accounts check');
}

async function unpack(turn: Turn, { account, grant, app: developerApp }: Parcel): Promise<Account> {
  const { app } = turn;
  const vault = await app.vault();
  await vault.probe();
  if (developerApp) {
    const { clientSecret, ...row } = developerApp;
    await keepApp(app, row, clientSecret);
  }
  const owner = { platform: account.platform, remoteId: account.remoteId };
  await (await app.net()).lock(grantName(owner), () => saveGrant(vault, owner, grant));
  const store = await app.store();
  const identity = { ...account, settings: { ...account.settings } };
  const kept = await keepAccount(
    turn,
    store,
    serviceOf(account.platform),
    identity,
    grant,
    account.user,
    developerApp,
  );
  await store.jobs.hold(kept.id, ['login'], 'ready', app.clock.now(), app.clock.now());
  return kept;
}

function readFile(path: string): string {
  try {
    const text = readFileSync(path);
    if (text.length <= LARGEST_BYTES) return text.toString('utf8');
  } catch (error) {
    throw new Failure('E_USAGE', {
      message: `The file ${path} can’t be read.`,
      hint: 'Check the path, and that you may read it.',
      cause: error,
    });
  }
  throw new Failure('E_USAGE', { message: `${path} is too large for a file of sign-ins.` });
}

/** The seal says that it is unchanged; it may still come from a later version. */
function readParcel(text: string, file: string): Parcel {
  const parcel = JSON.parse(text) as Parcel;
  if (parcel.v === 1 && isPlatformId(parcel.account.platform)) return parcel;
  throw new Failure('E_VAULT_CORRUPT', {
    message: `${file} was written by another version of repost.`,
    hint: 'Use the same version on both machines.',
  });
}
