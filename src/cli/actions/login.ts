import type { Account, App as DeveloperApp, Grant, Identity } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { Service } from '../../core/platform.ts';
import { registry, serviceOf } from '../../platforms/index.ts';
import type { Store, UserRow } from '../../store/types.ts';
import { grantName, saveGrant } from '../../vault/grants.ts';
import { accountView } from '../../web/views.ts';
import { ask, mayAsk, missingAnswer } from '../ask.ts';
import type { Turn } from '../command.ts';
import { expiryOf } from '../connect.ts';
import { findPlatform, findUser } from '../find.ts';
import { withKeptWay } from '../ways.ts';
import { keepApp } from './app.ts';
import { type LoginOptions, signInBy } from './login-ways.ts';

export async function login(turn: Turn, options: LoginOptions, platformText: string): Promise<undefined> {
  const { app, print, note } = turn;
  const service = serviceOf(findPlatform(platformText));
  // Where the vault can't keep a secret, say so before anybody signs in in a browser.
  const vault = await app.vault();
  await vault.probe();
  const store = await app.store();
  const accounts = await store.accounts.list({ platform: service.id });
  const user = await findUser(store, options.as);
  const signedIn = await signInBy(turn, service, withKeptWay(service, options, accounts));
  const identity = await choose(turn, service, signedIn.identities, options.account);
  refuseOther(accounts, service, identity, options.account);
  const known = accounts.find((one) => one.remoteId === identity.remoteId);
  if (!known) checkUserAccounts(user, await store.accounts.list({ user: user.name }));
  const grant = identity.grantExtra
    ? { ...signedIn.grant, extra: { ...signedIn.grant.extra, ...identity.grantExtra } }
    : signedIn.grant;
  const owner = { platform: service.id, remoteId: identity.remoteId };
  await (await app.net()).lock(grantName(owner), () => saveGrant(vault, owner, grant));
  const account = await keepAccount(
    turn,
    store,
    service,
    identity,
    grant,
    known?.user ?? user.name,
    signedIn.app,
  );
  const freed = await store.jobs.hold(account.id, ['login'], 'ready', app.clock.now(), app.clock.now());
  app.nudge();
  print(accountView(account), () => `Signed in: ${account.account} (${account.name})`);
  for (const warning of identity.warnings ?? []) note(`note: ${warning}`);
  if (freed > 0) note(`${freed} waiting job(s) go out now.`);
  if (registry.platform(service.id)?.needsHost?.(account) && app.config.text('host.kind') === 'none')
    note(`${service.name} fetches videos from a public address. Next: repost host set s3 --help`);
  if (service.id === 'tiktok') note(`Next: repost rule add --from ${account.account} --to ACCOUNT`);
}

const bare = (text: string) => text.toLowerCase().replace(/^@/u, '');

/** One eligible account is taken; several need a word, never a guess. */
async function choose(
  turn: Turn,
  service: Service,
  identities: readonly Identity[],
  wanted: string | undefined,
): Promise<Identity> {
  const eligible = identities.filter((identity) => identity.ineligible === undefined);
  if (wanted !== undefined) {
    const fits = identities.find(
      (one) =>
        bare(one.handle) === bare(wanted) || one.remoteId === wanted || bare(one.name) === bare(wanted),
    );
    if (fits?.ineligible === undefined && fits) return fits;
    throw new Failure(fits ? 'E_NO_CHANNEL' : 'E_OTHER_ACCOUNT', {
      message: fits
        ? `${fits.handle} can’t be used: ${fits.ineligible}`
        : `This sign-in does not offer “${wanted}”.`,
      hint:
        eligible.length > 0
          ? `It offers: ${listed(eligible)}.`
          : 'It offers no account that can be posted to.',
    });
  }
  const [only, second] = eligible;
  if (!only) {
    const why = identities.map((one) => `${one.handle}: ${one.ineligible}`).join('; ');
    throw new Failure('E_NO_CHANNEL', {
      message: `This ${service.name} sign-in has no account that can be used.${why ? ` ${why}` : ''}`,
    });
  }
  if (!second) return only;
  if (!mayAsk(turn) || turn.json) {
    throw missingAnswer(turn, 'whichAccount', {
      message: `This sign-in offers several accounts: ${listed(eligible)}.`,
      command: `repost login ${service.id} --account ${only.handle}`,
    });
  }
  const { askChoice } = await ask(turn, 'whichAccount');
  const id = await askChoice(
    'Which account?',
    eligible.map((one) => ({ name: `${one.handle} – ${one.name}`, value: one.remoteId })),
  );
  return eligible.find((one) => one.remoteId === id) ?? only;
}

const listed = (identities: readonly Identity[]) =>
  identities.map((one) => `${one.handle} (${one.remoteId})`).join(', ');

/** Renewing one account with the sign-in of another would send its posts to the wrong place. */
function refuseOther(
  accounts: readonly Account[],
  service: Service,
  identity: Identity,
  wanted: string | undefined,
): void {
  const renewed =
    wanted === undefined
      ? accounts.filter((one) => one.status === 'login-needed')
      : accounts.filter((one) => bare(one.handle) === bare(wanted));
  const [other] = renewed;
  if (
    !other ||
    accounts.some((one) => one.remoteId === identity.remoteId && (wanted === undefined || one === other))
  )
    return;
  throw new Failure('E_OTHER_ACCOUNT', {
    message: `You signed in as ${identity.handle} (${identity.remoteId}), but ${other.account} is ${other.remoteId}.`,
    hint: 'Sign in with the account that is to be renewed; or, to add this one as well, name it.',
    command: `repost login ${service.id} --account ${wanted === undefined ? identity.handle : identity.remoteId}`,
  });
}

/** Keeps a signed-in account, its own app where it made one, and TikTok’s as a source. */
export async function keepAccount(
  turn: Turn,
  store: Store,
  service: Service,
  identity: Identity,
  grant: Grant,
  user: string,
  developerApp: DeveloperApp | undefined,
): Promise<Account> {
  const now = turn.app.clock.now();
  if (developerApp && service.signIn.kind === 'oauth' && service.signIn.ownApp === false)
    await keepOwn(turn, developerApp);
  const account = await store.accounts.save(
    {
      platform: service.id,
      handle: identity.handle,
      name: identity.name,
      remoteId: identity.remoteId,
      user,
      scopes: grant.scopes,
      settings: { ...identity.settings, ...(developerApp?.host ? { host: developerApp.host } : {}) },
      ...expiryOf(grant),
    },
    now,
  );
  if (
    service.id === 'tiktok' &&
    !(await store.sources.list()).some((source) => source.accountId === account.id)
  ) {
    await store.sources.add(
      { kind: 'tiktok', accountId: account.id, locator: null, name: account.account, user },
      now,
    );
  }
  return account;
}

/** Throws E_USER_LIMIT where a new account would be one too many for its user; renewing one always goes. */
function checkUserAccounts({ name, limits }: UserRow, accounts: readonly Account[]): void {
  const max = limits['accounts'];
  const owned = accounts.length;
  if (max === undefined || owned < max) return;
  throw new Failure('E_USER_LIMIT', {
    message: `${name} has ${owned} account(s), and ${max} is the most.`,
    hint: 'Sign one out, or raise the limit.',
    command: `repost users set ${name} --limit accounts=${owned + 1}`,
  });
}

/** An app that was registered by itself on its server: kept like one that a person added. */
async function keepOwn({ app }: Turn, { clientSecret, ...row }: DeveloperApp): Promise<void> {
  await keepApp(app, row, clientSecret);
}
