import { createInterface } from 'node:readline';
import type { Account, App as DeveloperApp, Grant, Identity } from '../../core/account.ts';
import { asFailure, Failure } from '../../core/failure.ts';
import type { OAuthSignIn, Service, SignIn } from '../../core/platform.ts';
import { signIn as browserSignIn } from '../../net/oauth.ts';
import { serviceOf } from '../../platforms/index.ts';
import type { Store } from '../../store/types.ts';
import { grantName, removeGrant, saveGrant, saveSecret } from '../../vault/grants.ts';
import { accountView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { expiryOf, hostOf, signInOf, withoutApp } from '../connect.ts';
import { findAccount, findPlatform } from '../find.ts';
import { canAsk, readStdin } from '../io.ts';
import { parseLength } from '../time.ts';
import { noApp } from './app.ts';

export interface LoginOptions {
  /** Commander's spelling of --no-browser: false when given. */
  browser?: boolean;
  paste?: boolean;
  tokenStdin?: boolean;
  appPassword?: boolean;
  account?: string;
  server?: string;
  as: string;
  redirectUri?: string;
  timeout: string;
}

interface SignedIn {
  grant: Grant;
  app: DeveloperApp | undefined;
  identities: Identity[];
}

export async function login(turn: Turn, options: LoginOptions, platformText: string): Promise<undefined> {
  const { app, print, note } = turn;
  const service = serviceOf(findPlatform(platformText));
  // Where the vault can't keep a secret, say so before anybody signs in in a browser.
  const vault = await app.vault();
  await vault.probe();
  const store = await app.store();
  const signedIn = await signInBy(turn, service, options);
  const identity = await choose(turn, service, signedIn.identities, options.account);
  const known = (await store.accounts.list()).find(
    (one) => one.platform === service.id && one.remoteId === identity.remoteId,
  );
  await refuseOther(store, service, identity, options);
  const grant = identity.grantExtra
    ? { ...signedIn.grant, extra: { ...signedIn.grant.extra, ...identity.grantExtra } }
    : signedIn.grant;
  const owner = { platform: service.id, remoteId: identity.remoteId };
  await (await app.net()).lock(grantName(owner), () => saveGrant(vault, owner, grant));
  const account = await keep(turn, store, service, identity, grant, known?.user ?? options.as, signedIn.app);
  const freed = await store.jobs.hold(account.id, ['login'], 'ready', app.clock.now(), app.clock.now());
  app.nudge();
  print(accountView(account), () => `Signed in: ${account.account} (${account.name})`);
  for (const warning of identity.warnings ?? []) note(`note: ${warning}`);
  if (freed > 0) note(`${freed} waiting job(s) go out now.`);
  if (service.id === 'tiktok') note(`Next: repost rule add --from ${account.account} --to ACCOUNT`);
}

export async function logout(turn: Turn, options: { force?: boolean }, text: string): Promise<undefined> {
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
    if (signIn.revoke && (developerApp || signIn.kind === 'token')) {
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

async function signInBy(turn: Turn, service: Service, options: LoginOptions): Promise<SignedIn> {
  const { app } = turn;
  const method: SignIn =
    (options.appPassword ? service.otherSignIns?.['app-password'] : undefined) ?? service.signIn;
  const at = options.server === undefined ? {} : { at: options.server };
  const net = await app.net();
  const stored = await net.developerApp(service, options.server);
  if (options.tokenStdin || options.appPassword || method.kind === 'token') {
    if (!method.fromToken) {
      throw new Failure('E_USAGE', {
        message: `${service.name} hands out no tokens to paste.`,
        command: `repost login ${service.id}`,
      });
    }
    const token = await tokenFrom(turn, method.kind === 'token' ? method.what : 'token', options);
    const http = net.plain(service);
    const grant = await method.fromToken({
      http,
      app: stored,
      clock: app.clock,
      token,
      ...at,
      ...(options.account === undefined ? {} : { handle: options.account }),
    });
    const identities = await service.identities({
      http: http.carrying(service, grant),
      grant,
      app: stored,
      clock: app.clock,
    });
    return { grant, app: stored, identities };
  }
  if (!stored && method.ownApp !== false) throw noApp(service);
  return inBrowser(turn, service, method, stored, options);
}

async function inBrowser(
  turn: Turn,
  service: Service,
  method: OAuthSignIn,
  stored: DeveloperApp | undefined,
  options: LoginOptions,
): Promise<SignedIn> {
  const { app, json, note } = turn;
  const { io } = app;
  const useBrowser = options.browser !== false && !options.paste;
  const redirectUri = options.redirectUri ?? stored?.redirectUri;
  // A browser warns of the certificate that was made on the spot: the pasted address is taken as well.
  const readsPaste = options.paste === true || (redirectUri ?? method.redirect.uri).startsWith('https:');
  const signingIn = browserSignIn({
    service,
    signIn: method,
    http: (await app.net()).plain(service),
    clock: app.clock,
    origins: app.origins,
    app: stored,
    timeoutMs: parseLength(options.timeout, '--timeout'),
    ...(redirectUri === undefined ? {} : { redirectUri }),
    ...(options.server === undefined ? {} : { at: options.server }),
    ...(options.account === undefined ? {} : { loginHint: options.account }),
    ...(readsPaste ? { pasted: lines(turn) } : {}),
    announce: ({ authorizeUrl, redirectUri: sent }) => {
      if (json) io.stdout.write(`${JSON.stringify({ authorizeUrl, redirectUri: sent })}\n`);
      else if (!useBrowser) {
        note(
          `Open this address in a browser${options.paste ? '' : ' on this machine'}:\n\n  ${authorizeUrl}\n`,
        );
        note(
          options.paste
            ? 'Then paste the address that the browser ends on:'
            : `Waiting for the browser to come back to ${sent} …`,
        );
      }
    },
    browse: async (authorizeUrl) => {
      if (!useBrowser) return;
      await openBrowser(turn, service, authorizeUrl);
    },
  });
  // A pipe that its writer holds open must not hold the program.
  return readsPaste ? signingIn.finally(() => io.stdin.destroy()) : signingIn;
}

async function openBrowser(turn: Turn, service: Service, address: string): Promise<void> {
  const { note } = turn;
  try {
    const { openAddress } = await import('../browser.ts');
    await openAddress(turn.app.io.env, address);
    note(`Your browser opens ${service.name}. If it does not, open this address yourself:\n\n  ${address}\n`);
  } catch {
    note(`No browser could be opened. Open this address yourself:\n\n  ${address}\n`);
  }
}

/** Lines that a person pastes. Nothing is echoed or kept: the address holds the sign-in's code. */
async function* lines(turn: Turn): AsyncGenerator<string> {
  const reader = createInterface({ input: turn.app.io.stdin });
  try {
    for await (const line of reader) if (line.trim() !== '') yield line.trim();
  } finally {
    reader.close();
  }
}

async function tokenFrom(turn: Turn, what: string, options: LoginOptions): Promise<string> {
  if (options.tokenStdin || options.appPassword || !canAsk(turn.app.io, turn.noInput)) {
    if (!options.tokenStdin && !options.appPassword)
      throw new Failure('E_MISSING_ANSWER', {
        message: `The ${what} is missing.`,
        hint: 'Give it on standard input with --token-stdin.',
      });
    const token = (await readStdin(turn.app.io)).trim();
    if (token === '') throw new Failure('E_USAGE', { message: 'Standard input held no token.' });
    return token;
  }
  const { askText } = await import('../prompts.ts');
  return (await askText(what, true)).trim();
}

/** One eligible account is taken; several need a word, never a guess. */
async function choose(
  turn: Turn,
  service: Service,
  identities: readonly Identity[],
  wanted: string | undefined,
): Promise<Identity> {
  const eligible = identities.filter((identity) => identity.ineligible === undefined);
  const bare = (text: string) => text.toLowerCase().replace(/^@/u, '');
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
  if (!canAsk(turn.app.io, turn.noInput) || turn.json) {
    throw new Failure('E_MISSING_ANSWER', {
      message: `This sign-in offers several accounts: ${listed(eligible)}.`,
      hint: 'Name one with --account.',
      command: `repost login ${service.id} --account ${only.handle}`,
    });
  }
  const { askChoice } = await import('../prompts.ts');
  const id = await askChoice(
    'Which account?',
    eligible.map((one) => ({ name: `${one.handle} – ${one.name}`, value: one.remoteId })),
  );
  return eligible.find((one) => one.remoteId === id) ?? only;
}

const listed = (identities: readonly Identity[]) =>
  identities.map((one) => `${one.handle} (${one.remoteId})`).join(', ');

/** Renewing one account with the sign-in of another would send its posts to the wrong place. */
async function refuseOther(
  store: Store,
  service: Service,
  identity: Identity,
  options: LoginOptions,
): Promise<void> {
  if (options.account === undefined) return;
  const renewed = (await store.accounts.list()).find(
    (one) =>
      one.platform === service.id &&
      one.handle.toLowerCase().replace(/^@/u, '') === options.account?.toLowerCase().replace(/^@/u, ''),
  );
  if (renewed && renewed.remoteId !== identity.remoteId) {
    throw new Failure('E_OTHER_ACCOUNT', {
      message: `You signed in as ${identity.handle} (${identity.remoteId}), but ${renewed.account} is ${renewed.remoteId}.`,
    });
  }
}

async function keep(
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
    await keepApp(turn, store, developerApp);
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

/** An app that was registered by itself on its server: kept like one that a person added. */
async function keepApp({ app }: Turn, store: Store, developerApp: DeveloperApp): Promise<void> {
  const { clientSecret, ...row } = developerApp;
  if (clientSecret !== undefined) await saveSecret(await app.vault(), row.platform, row.host, clientSecret);
  await store.apps.save(row, app.clock.now());
}
