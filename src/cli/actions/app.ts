import { readFileSync } from 'node:fs';
import type { App as DeveloperApp } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { Service } from '../../core/platform.ts';
import { serviceOf } from '../../platforms/index.ts';
import { readSecret, removeSecret, saveSecret } from '../../vault/grants.ts';
import { schemaVersion } from '../../web/views.ts';
import type { App } from '../app.ts';
import { ask } from '../ask.ts';
import type { Turn } from '../command.ts';
import { findPlatform } from '../find.ts';
import { readStdin } from '../io.ts';
import { table } from '../table.ts';
import { type WayOptions, wayOf } from '../ways.ts';

interface AddOptions extends WayOptions {
  clientId?: string;
  clientSecretStdin?: boolean;
  clientSecretFile?: string;
  redirectUri?: string;
}

export async function addApp(turn: Turn, options: AddOptions, platformText: string): Promise<undefined> {
  const { app, print, note } = turn;
  const platform = findPlatform(platformText);
  const { service, appHost: host = '', flag } = wayOf(serviceOf(platform), options);
  const { signIn } = service;
  if (signIn.kind !== 'oauth' || signIn.ownApp === false) {
    throw new Failure('E_USAGE', {
      message: `${service.name} needs no developer app.`,
      hint: 'Sign in right away.',
      command: `repost login ${platform}`,
    });
  }
  const clientId = options.clientId ?? (await (await ask(turn, 'appClientId')).askText('Client id'));
  const secret = await secretFrom(turn, options, signIn.secret ?? 'required');
  if (options.redirectUri !== undefined) checkRedirect(options.redirectUri);
  const row = {
    platform,
    host,
    clientId: clientId.trim(),
    settings: {},
    ...(options.redirectUri === undefined ? {} : { redirectUri: options.redirectUri }),
  };
  await keepApp(app, row, secret);
  const view = appView(row, service, secret !== undefined);
  print(view, () => `Stored the ${service.name} app ${view.clientId}.`);
  if (signIn.redirect.registered) note(`Register this redirect address in its console: ${view.redirectUri}`);
  note(`Next: repost login ${platform}${flag}`);
}

/** Keeps a developer app: its secret in the vault, the rest in the store. */
export async function keepApp(
  app: App,
  row: Omit<DeveloperApp, 'clientSecret'>,
  secret: string | undefined,
): Promise<void> {
  const vault = await app.vault();
  await vault.probe();
  if (secret !== undefined) await saveSecret(vault, row.platform, row.host, secret);
  await (await app.store()).apps.save(row, app.clock.now());
}

export async function listApps({ app, print }: Turn): Promise<undefined> {
  const rows = await (await app.store()).apps.list();
  const vault = rows.length > 0 ? await app.vault() : undefined;
  const views = await Promise.all(
    rows.map(async (row) => {
      const secret = vault && (await readSecret(vault, row.platform, row.host || undefined));
      return appView(row, serviceOf(row.platform), secret !== undefined);
    }),
  );
  print(views, () =>
    views.length === 0
      ? 'No developer apps yet.\nAdd one: repost app add PLATFORM --client-id ID --client-secret-stdin'
      : table(
          ['PLATFORM', 'CLIENT ID', 'SECRET', 'REDIRECT'],
          views.map((view) => [
            view.server === null ? view.platform : `${view.platform} (${view.server})`,
            view.clientId,
            view.hasSecret ? 'in the vault' : 'none',
            view.redirectUri,
          ]),
        ),
  );
}

export async function checkApp(turn: Turn, options: WayOptions, platformText: string): Promise<number> {
  const { app, print } = turn;
  const { service, appHost, flag } = wayOf(serviceOf(findPlatform(platformText)), options);
  const net = await app.net();
  const stored = await net.developerApp(service, appHost);
  if (!stored) throw noApp(service, flag);
  const { checkDeveloperApp } = await import('../app-check.ts');
  const checks = await checkDeveloperApp(net.plain(service), app.clock, service, stored);
  const failed = checks.some((check) => check.result === 'FAIL');
  print({ schemaVersion, platform: service.id, checks }, () =>
    checks
      .map((check) => `${check.result}  ${check.title}${check.hint ? `\n      ${check.hint}` : ''}`)
      .join('\n'),
  );
  return failed ? 1 : 0;
}

export async function removeApp(
  { app, print }: Turn,
  options: WayOptions,
  platformText: string,
): Promise<undefined> {
  const { service, appHost, flag } = wayOf(serviceOf(findPlatform(platformText)), options);
  const store = await app.store();
  const row = await store.apps.get(service.id, appHost);
  if (!row) throw noApp(service, flag);
  await removeSecret(await app.vault(), service.id, appHost);
  await store.apps.remove(service.id, appHost);
  print(appView(row, service, false), () => `Forgot the ${service.name} app ${row.clientId}.`);
}

/** `flag`: what chose the way of signing in that the app is for. */
export function noApp(service: Service, flag = ''): Failure {
  return new Failure('E_NO_APP', {
    message: `There is no ${service.name} developer app yet.`,
    command: `repost app add ${service.id}${flag} --client-id ID --client-secret-stdin`,
  });
}

function appView(row: Omit<DeveloperApp, 'clientSecret'>, service: Service, hasSecret: boolean) {
  const redirect = service.signIn.kind === 'oauth' ? service.signIn.redirect.uri : '';
  return {
    schemaVersion,
    platform: row.platform,
    server: row.host || null,
    clientId: row.clientId,
    hasSecret,
    redirectUri: row.redirectUri ?? redirect,
  };
}

async function secretFrom(
  turn: Turn,
  options: AddOptions,
  need: 'required' | 'optional' | 'none',
): Promise<string | undefined> {
  const given = options.clientSecretStdin
    ? await readStdin(turn.app.io)
    : options.clientSecretFile !== undefined
      ? readSecretFile(options.clientSecretFile)
      : undefined;
  if (given !== undefined) {
    if (given.trim() === '') throw new Failure('E_USAGE', { message: 'The client secret is empty.' });
    return given.trim();
  }
  if (need !== 'required') return undefined;
  const { askText } = await ask(turn, 'appClientSecret');
  return (await askText('Client secret', true)).trim();
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure('E_USAGE', {
      message: `The file ${path} can’t be read.`,
      hint: 'Check the path, and that you may read it.',
      cause: error,
    });
  }
}

function checkRedirect(text: string): void {
  try {
    const { protocol, hostname } = new URL(text.replace(':*', ':1'));
    if (/^https?:$/u.test(protocol) && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return;
    if (protocol === 'https:') return;
  } catch {
    // Said below.
  }
  throw new Failure('E_USAGE', {
    message: `“${text}” is no redirect address.`,
    hint: 'It is a loopback address such as http://127.0.0.1:8765/callback, or an https address whose page you paste.',
  });
}
