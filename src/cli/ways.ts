import type { Account } from '../core/account.ts';
import { Failure } from '../core/failure.ts';
import type { Service } from '../core/platform.ts';

/** Flags that choose another way to sign in than the usual one. */
export interface WayOptions {
  appPassword?: boolean;
  page?: boolean;
  forPosting?: boolean;
  instagramLogin?: boolean;
  server?: string;
  account?: string;
}

export interface Way {
  /** The service, signing in by the chosen way. */
  service: Service;
  /** Which of the service's developer apps belongs to it: a server's, or the way's own. */
  appHost: string | undefined;
  /** What to add to a command that a hint names: ` --instagram-login`. */
  flag: string;
}

/** The way that the flags choose. Throws E_USAGE where the service has none of that name. */
export function wayOf(service: Service, options: WayOptions): Way {
  const name = nameOf(options);
  const appHost = hostFor(service, options);
  if (name === undefined) return { service, appHost, flag: '' };
  const signIn = service.otherSignIns?.[name];
  const flag = name === 'posting' ? '--for-posting' : `--${name}`;
  // The usual sign-in may be a password itself.
  if (!signIn && name === 'app-password') return { service, appHost, flag: '' };
  if (!signIn)
    throw new Failure('E_USAGE', {
      message: `${service.name} has no sign-in ${flag}.`,
      command: `repost login ${service.id}`,
    });
  // Instagram's part of a developer app has an id and a secret of its own.
  const host = name === 'instagram-login' ? name : appHost;
  return { service: { ...service, signIn }, appHost: host, flag: ` ${flag}` };
}

/** However the person writes a server – its address, an account on it – its app is one and the same. */
function hostFor({ signIn }: Service, { server, account }: WayOptions): string | undefined {
  if (signIn.kind !== 'oauth' || !signIn.hostOf) return server;
  const named = server ?? (account?.replace(/^@/u, '').includes('@') ? account : undefined);
  return named === undefined ? undefined : signIn.hostOf(named);
}

function nameOf(options: WayOptions): string | undefined {
  if (options.instagramLogin) return 'instagram-login';
  if (options.forPosting) return 'posting';
  if (options.page) return 'page';
  return options.appPassword ? 'app-password' : undefined;
}

/** The flags with those that the account to be renewed was signed in by: a renewal takes no right away. */
export function withKeptWay<T extends WayOptions>(
  service: Service,
  options: T,
  accounts: readonly Account[],
): T {
  if (nameOf(options) !== undefined) return options;
  const bare = (text: string) => text.toLowerCase().replace(/^@/u, '');
  const { account: wanted } = options;
  const here = accounts.filter(({ platform }) => platform === service.id);
  const [only, second] =
    wanted === undefined
      ? here
      : here.filter(({ handle, remoteId }) => bare(handle) === bare(wanted) || remoteId === wanted);
  if (!only || second) return options;
  switch (only.settings['signIn']) {
    case 'posting':
      return { ...options, forPosting: true };
    case 'page':
      return { ...options, page: true };
    default:
      return options;
  }
}
