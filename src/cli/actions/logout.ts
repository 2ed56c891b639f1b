import { asFailure, Failure } from '../../core/failure.ts';
import { serviceOf } from '../../platforms/index.ts';
import { removeGrant } from '../../vault/grants.ts';
import { accountView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { hostOf, signInOf, withoutApp } from '../connect.ts';
import { findAccount } from '../find.ts';

export async function logout(
  turn: Turn,
  options: { force?: boolean; local?: boolean },
  text: string,
): Promise<undefined> {
  const { app, print, note } = turn;
  const store = await app.store();
  const account = await findAccount(store, text);
  const service = serviceOf(account.platform);
  const vault = await app.vault();
  try {
    const net = await app.net();
    const signIn = signInOf(account, service);
    const grant = await net.grantOf(account);
    const developerApp = await net.developerApp(service, hostOf(account));
    if (!options.local && signIn.revoke && (developerApp || signIn.kind === 'token')) {
      await signIn.revoke({
        http: net.plain(service),
        app: developerApp ?? withoutApp(service),
        clock: app.clock,
        grant,
        account,
      });
    }
  } catch (error) {
    const failure = asFailure(error);
    if (!options.force && failure.kind !== 'login') {
      throw new Failure(failure.code, {
        message: failure.message,
        hint: 'The sign-in could not be revoked at the platform; nothing was changed. --force forgets it here all the same.',
        command: `repost logout ${account.account} --force`,
      });
    }
    note(`The platform could not be told: ${failure.message}`);
  }
  await store.accounts.remove(account.id, app.clock.now());
  await removeGrant(vault, account);
  app.nudge();
  print(
    accountView(account),
    () => `Signed out: ${account.account}. Its waiting jobs are cancelled, its posts stay.`,
  );
}
