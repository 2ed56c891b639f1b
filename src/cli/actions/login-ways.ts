import { createInterface } from 'node:readline';
import type { App as DeveloperApp, Grant, Identity } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { OAuthSignIn, Service, SignIn } from '../../core/platform.ts';
import { signIn as browserSignIn } from '../../net/oauth.ts';
import { schemaVersion } from '../../web/views.ts';
import { ask, mayAsk, missingAnswer } from '../ask.ts';
import type { Turn } from '../command.ts';
import { readStdin } from '../io.ts';
import { openSpinner, type Spinner } from '../spinner.ts';
import { parseLength } from '../time.ts';
import { wayOf } from '../ways.ts';
import { noApp } from './app.ts';

export interface LoginOptions {
  /** Commander's spelling of --no-browser: false when given. */
  browser?: boolean;
  paste?: boolean;
  tokenStdin?: boolean;
  appPassword?: boolean;
  instagramLogin?: boolean;
  forPosting?: boolean;
  page?: boolean;
  account?: string;
  server?: string;
  as: string;
  redirectUri?: string;
  timeout: string;
}

export interface SignedIn {
  grant: Grant;
  app: DeveloperApp | undefined;
  identities: Identity[];
}

/** Signs in by the way that the flags choose. Throws what the sign-in throws, E_NO_APP, E_USAGE. */
export async function signInBy(turn: Turn, usual: Service, options: LoginOptions): Promise<SignedIn> {
  const { app } = turn;
  const { service, appHost, flag } = wayOf(usual, options);
  const method: SignIn = service.signIn;
  const at = options.server === undefined ? {} : { at: options.server };
  const net = await app.net();
  const stored = await net.developerApp(service, appHost);
  if (options.tokenStdin || options.appPassword || method.kind === 'token') {
    if (!method.fromToken) {
      throw new Failure('E_USAGE', {
        message: `${service.name} hands out no tokens to paste.`,
        command: `repost login ${service.id}`,
      });
    }
    const what = method.kind === 'token' ? method.what : options.appPassword ? 'app password' : 'token';
    const token = await tokenFrom(turn, what, options);
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
  if (!stored && method.ownApp !== false) throw noApp(service, flag);
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
  let spinner: Spinner | undefined;
  const pasting = new AbortController();
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
    ...(readsPaste ? { pasted: lines(turn, pasting.signal) } : {}),
    announce: ({ authorizeUrl, redirectUri: sent }) => {
      if (json) io.stdout.write(`${JSON.stringify({ schemaVersion, authorizeUrl, redirectUri: sent })}\n`);
      else if (!useBrowser) {
        note(
          `Open this address in a browser${options.paste ? '' : ' on this machine'}:\n\n  ${authorizeUrl}\n`,
        );
        note(
          options.paste
            ? 'Then paste the address that the browser ends on:'
            : `The browser comes back to ${sent}.`,
        );
      }
    },
    browse: async (authorizeUrl) => {
      if (useBrowser) await openBrowser(turn, service, authorizeUrl);
      // Where a person may type, nothing turns.
      if (!json && !readsPaste) spinner = await openSpinner(io, 'waiting for the browser');
    },
  })
    .finally(() => {
      spinner?.close();
      pasting.abort();
    })
    .catch(async (error: unknown) => {
      throw await whyNobodyCame(turn, service, stored, redirectUri ?? method.redirect.uri, error);
    });
  // A pipe that its writer holds open must not hold the program; a terminal is needed for the next question.
  return readsPaste && io.stdin.isTTY !== true ? signingIn.finally(() => io.stdin.destroy()) : signingIn;
}

/**
 * A platform that dislikes the keys or the redirect address says so in the browser and sends nobody back. The
 * keys can be tried; the address can only be named.
 */
async function whyNobodyCame(
  { app }: Turn,
  service: Service,
  stored: DeveloperApp | undefined,
  redirectUri: string,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Failure) || error.code !== 'E_LOGIN_TIMEOUT' || !stored) return error;
  const { tryKeys } = await import('../app-check.ts');
  const refusal = await tryKeys((await app.net()).plain(service), app.clock, service, stored);
  if (refusal?.code === 'E_CLIENT_INVALID') return refusal;
  const registered = service.signIn.kind === 'oauth' && service.signIn.redirect.registered;
  return new Failure('E_LOGIN_TIMEOUT', {
    message: error.message,
    hint: registered
      ? `If the browser showed an error of ${service.name}, register exactly this redirect address in its developer console: ${redirectUri} – if it runs on another machine, paste the address it ends on.`
      : error.hint,
    ...(error.command === undefined ? {} : { command: error.command }),
    cause: error,
  });
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
async function* lines(turn: Turn, signal: AbortSignal): AsyncGenerator<string> {
  const reader = createInterface({ input: turn.app.io.stdin, signal });
  try {
    for await (const line of reader) if (line.trim() !== '') yield line.trim();
  } finally {
    reader.close();
  }
}

async function tokenFrom(turn: Turn, what: string, options: LoginOptions): Promise<string> {
  // An app password may be piped without --token-stdin; where a person could still type, nothing is waited for.
  const piped = options.tokenStdin || (options.appPassword && turn.app.io.stdin.isTTY !== true);
  if (piped) {
    const token = (await readStdin(turn.app.io)).trim();
    if (token !== '') return token;
    const message = `Standard input held no ${what}.`;
    throw options.tokenStdin
      ? new Failure('E_USAGE', { message })
      : missingAnswer(turn, 'loginToken', { message });
  }
  if (!mayAsk(turn)) throw missingAnswer(turn, 'loginToken', { message: `The ${what} is missing.` });
  const { askText } = await ask(turn, 'loginToken');
  return (await askText(what.charAt(0).toUpperCase() + what.slice(1), true)).trim();
}
