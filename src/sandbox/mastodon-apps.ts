import { type Parameters, parametersOf, refuse } from './mastodon-answers.ts';
import { type MastodonQuirks, since } from './mastodon-quirks.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

/** An app that registered itself. Public clients don't exist here. */
export interface App {
  id: string;
  name: string;
  clientId: string;
  clientSecret: string;
  redirectUris: readonly string[];
  scopes: readonly string[];
}

export interface AppState {
  world: World;
  quirks: MastodonQuirks;
  apps: Map<string, App>;
}

/** For somebody without a way back from the browser. */
export const OOB = 'urn:ietf:wg:oauth:2.0:oob';
const KNOWN_SCOPES = /^(profile|follow|push|(read|write)(:[a-z]+)?|admin:(read|write)(:[a-z_]+)?)$/u;

/** https://docs.joinmastodon.org/methods/apps/#create */
export function registerApp(state: AppState, request: SimRequest): SimResponse {
  const { world, quirks } = state;
  if (!quirks.registration) throw refuse(403, 'This action is not allowed');
  const wish = parametersOf(request);
  const uris = redirectUrisIn(state, wish);
  const scopes = scopesIn(wish.text('scopes') || 'read');
  if (wish.text('client_name') === '')
    throw refuse(422, "Validation failed: Application name can't be blank");
  if (uris.length === 0) throw refuse(422, "Validation failed: Redirect URI can't be blank");
  if (uris.some((uri) => !isAbsolute(uri)))
    throw refuse(422, 'Validation failed: Redirect URI must be an absolute URI.');
  const bad = scopes.some(
    (scope) => !KNOWN_SCOPES.test(scope) || (quirks.wholeScopes && scope.includes(':')),
  );
  if (bad) throw refuse(422, "Validation failed: Scopes doesn't match configured on the server.");
  const app: App = {
    id: String(state.apps.size + 563_419),
    name: wish.text('client_name'),
    clientId: world.token('Mc', 40),
    clientSecret: world.token('Ms', 40),
    redirectUris: uris,
    scopes,
  };
  state.apps.set(app.clientId, app);
  return {
    status: 200,
    body: {
      id: app.id,
      name: app.name,
      website: wish.text('website') || null,
      redirect_uri: uris.join('\n'),
      client_id: app.clientId,
      client_secret: app.clientSecret,
      ...(since(quirks, 4, 3)
        ? { scopes, redirect_uris: uris, client_secret_expires_at: 0 }
        : {
            vapid_key:
              'BCk-QqERU0q-CfYZjcuB6lnyyOYfJ2AifKqfeGIm7Z-HiTU5T9eTG5GxVA0_OH5mMlI4UkkDTpaZwozy0TzdZ2M=',
          }),
    },
  };
}

/** A list from 4.3 on; before, one text, with a line for each address. */
function redirectUrisIn({ world, quirks }: AppState, wish: Parameters): string[] {
  const given = wish.list('redirect_uris');
  if (given.length > 1 && !since(quirks, 4, 3)) {
    world.complain('mastodon', 'a list of redirect addresses, which servers before 4.3 don’t understand');
    throw refuse(422, 'Validation failed: Redirect URI must be an absolute URI.');
  }
  return given.flatMap((uri) => String(uri).split(/\s+/u)).filter((uri) => uri !== '');
}

function isAbsolute(uri: string): boolean {
  return uri === OOB || (URL.canParse(uri) && /^[a-z][\w+.-]*:\/\//iu.test(uri) && !uri.includes('#'));
}

export function scopesIn(text: string): string[] {
  return text.split(/[\s+]+/u).filter((scope) => scope !== '');
}

/** Doorkeeper leaves the port of loopback addresses out of its comparison (RFC 8252, 7.3). */
export function leadsTo({ exactPort }: MastodonQuirks, known: string, uri: string): boolean {
  const plain = (text: string) =>
    exactPort ? text : text.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\])):\d+/u, '$1');
  return plain(known) === plain(uri);
}

/** `write` covers `write:media`. */
export function covers(granted: readonly string[], scope: string): boolean {
  return granted.includes(scope) || granted.includes(scope.split(':')[0] ?? '');
}
