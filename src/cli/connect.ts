import { join } from 'node:path';
import type { Account, App as DeveloperApp, Grant } from '../core/account.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import { type PeerClock, peerClock } from '../core/peer-clock.ts';
import type { Service } from '../core/platform.ts';
import type { Meter, TokenSource, Trace } from '../core/session.ts';
import { accountHttp, type PlainHttp, plainHttp } from '../net/http.ts';
import { rememberSecret } from '../net/redact.ts';
import { undiciTransport } from '../net/transport.ts';
import type { Transport } from '../net/wire.ts';
import { withLock } from '../store/lock.ts';
import { readGrant, readSecret } from '../vault/grants.ts';
import { tokenSource } from '../vault/tokens.ts';
import type { App } from './app.ts';
import { hostName } from './host-name.ts';
import { makeFolder } from './paths.ts';
import { withHostLock } from './presence.ts';

/** The network, wired to the home's vault and store. */
export interface Net {
  transport: Transport;
  peerClock: PeerClock;
  plain(service?: Service): PlainHttp;
  connect(account: Account, service: Service, meter: Meter, trace?: Trace): Http;
  /** Looks at a sign-in, renews it where it is due; throws where its person must come. */
  freshen(account: Account, service: Service): Promise<void>;
  grantOf(account: Account): Promise<Grant>;
  developerApp(service: Service, host?: string): Promise<DeveloperApp | undefined>;
  /** Runs work while no other process runs work of this name. */
  lock<T>(name: string, work: (held?: () => boolean) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function createNet(app: App): Promise<Net> {
  const { clock, config, io, origins } = app;
  const store = await app.store();
  const vault = await app.vault();
  const transport = undiciTransport({
    origins,
    proxy: io.env['HTTPS_PROXY'] ?? io.env['https_proxy'],
    noProxy: io.env['NO_PROXY'] ?? io.env['no_proxy'],
  });
  const peers = peerClock(() => clock.aheadMs);
  const timeoutMs = config.number('http.timeout');
  const sources = new Map<number, TokenSource>();

  const host = hostName(app);
  const lock: Net['lock'] = (name, work) => {
    makeFolder(app.files.locks);
    const alone = host === undefined ? () => work() : () => withHostLock(store, clock, host, name, work);
    return withLock(join(app.files.locks, `${name.replace(/[^\w-]+/gu, '_')}.db`), clock, alone);
  };

  const plain = (service?: Service) =>
    plainHttp({ transport, clock, timeoutMs, ...(service ? { service } : {}) });

  const developerApp = async (service: Service, host?: string): Promise<DeveloperApp | undefined> => {
    const row = await store.apps.get(service.id, host);
    if (!row) return undefined;
    const clientSecret = await readSecret(vault, service.id, row.host);
    if (clientSecret === undefined) return row;
    rememberSecret(clientSecret);
    return { ...row, clientSecret };
  };

  const tokensOf = (account: Account, service: Service): TokenSource => {
    const known = sources.get(account.id);
    if (known) return known;
    const { id } = account;
    const current = async () => (await store.accounts.get(id)) ?? account;
    const made = tokenSource({
      vault,
      service,
      signIn: signInOf(account, service),
      http: plain(service),
      clock,
      lock,
      account: current,
      app: async () => (await developerApp(service, hostOf(account))) ?? withoutApp(service),
      onGrant: async (grant) => {
        await store.accounts.update(
          id,
          { status: 'ok', ...expiryOf(grant), scopes: grant.scopes },
          clock.now(),
        );
      },
      onLoginNeeded: async () => {
        await store.accounts.update(id, { status: 'login-needed' }, clock.now());
      },
    });
    sources.set(id, made);
    return made;
  };

  return {
    transport,
    peerClock: peers,
    plain,
    lock,
    developerApp,
    connect: (account, service, meter, trace) =>
      accountHttp({
        transport,
        clock,
        timeoutMs,
        service,
        peerClock: peers,
        tokens: tokensOf(account, service),
        meter,
        ...(trace ? { trace } : {}),
      }),
    freshen: async (account, service) => {
      await tokensOf(account, service).current();
    },
    grantOf: async (account) => {
      const grant = await readGrant(vault, account);
      if (grant) return grant;
      throw new Failure('E_LOGIN_NEEDED', {
        message: `The vault holds no sign-in for ${account.account}.`,
        command: `repost login ${account.platform} --account ${account.handle}`,
      });
    },
    close: () => transport.close(),
  };
}

/** When a grant ends, as the account's row keeps it: `breaksAt` is the moment no machine can renew it any more. */
export function expiryOf(grant: Grant): { expiresAt: number | undefined; breaksAt: number | undefined } {
  const breaksAt = grant.refreshExpiresAt ?? (grant.refreshToken === undefined ? grant.expiresAt : undefined);
  return { expiresAt: grant.expiresAt, breaksAt };
}

/** The way an account signed in, where its service has several. */
export function signInOf(account: Account, service: Service) {
  const { signIn } = account.settings;
  return (typeof signIn === 'string' ? service.otherSignIns?.[signIn] : undefined) ?? service.signIn;
}

/** The server that an account's app belongs to, where each server has its own. */
export function hostOf(account: Account): string | undefined {
  const { host } = account.settings;
  return typeof host === 'string' ? host : undefined;
}

/** Services where nobody registers an app; the id is never sent. */
export function withoutApp(service: Service): DeveloperApp {
  return { platform: service.id, host: '', clientId: '', settings: {} };
}
