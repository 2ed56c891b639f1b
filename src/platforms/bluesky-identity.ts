import { Failure } from '../core/failure.ts';
import type { Http, HttpResponse } from '../core/http.ts';

/** Answers for public data, without a sign-in: https://docs.bsky.app/docs/advanced-guides/api-directory */
export const appView = 'https://public.api.bsky.app';
/** Where DIDs of the method plc are registered: https://web.plc.directory/spec/v0.1/did-plc */
export const plcDirectory = 'https://plc.directory';
/** Signs in every account that Bluesky itself hosts. */
export const entryway = 'https://bsky.social';

/** Where an account lives now. */
export interface Home {
  did: string;
  /** Origin of its personal data server. */
  pds: string;
  /** The name that the DID document claims; '' where none. */
  handle: string;
}

/** A server that signs people in: https://atproto.com/specs/oauth#authorization-server-metadata */
export interface AuthServer {
  issuer: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  parEndpoint: string;
  revocationEndpoint?: string;
}

/** Address of an XRPC method: https://atproto.com/specs/xrpc */
export const xrpc = (server: string, method: string) => `${server}/xrpc/${method}`;

/** `@alice`, `Alice.example.com`, `did:plc:…` as the person wrote it → the handle or DID that is meant. */
export function identifierOf(written: string): string {
  const plain = written.trim().replace(/^@/u, '');
  if (plain.startsWith('did:')) return plain;
  const handle = plain.toLowerCase();
  return handle.includes('.') ? handle : `${handle}.bsky.social`;
}

/** A server as the person wrote it → its origin. */
export function serverOf(written: string): string {
  const text = written.trim();
  const origin = originOf(/^https?:\/\//u.test(text) ? text : `https://${text}`);
  if (origin !== undefined) return origin;
  throw new Failure('E_USAGE', {
    message: `“${written}” is not the address of a server.`,
    hint: 'Give its host, such as --server bsky.social.',
  });
}

/** The DID of a handle, asked at the person's own server or at Bluesky. */
export async function findDid(http: Http, identifier: string, server = appView): Promise<string> {
  if (identifier.startsWith('did:')) return identifier;
  const response = await http.send({
    url: xrpc(server, 'com.atproto.identity.resolveHandle'),
    query: { handle: identifier },
    call: 'directory',
    accept: [400, 404],
    authorize: false,
  });
  const did = textIn(response, 'did');
  if (response.status === 200 && isDid(did)) return did;
  throw new Failure('E_USAGE', {
    message: `There is no Bluesky account @${identifier}.`,
    hint: 'Give the whole handle, such as --account alice.bsky.social; --server names the server where it isn’t Bluesky’s own.',
  });
}

/** The account's home by its DID document: the one place that says where it has moved to. */
export async function findHome(http: Http, did: string): Promise<Home> {
  const response = await http.send({
    url: documentOf(did),
    call: 'directory',
    accept: [404, 410],
    authorize: false,
  });
  if (response.status !== 200)
    throw new Failure('E_NO_CHANNEL', { message: `There is no account ${did} (any more).`, certain: true });
  const document = response.json<{ id?: unknown; alsoKnownAs?: unknown; service?: unknown }>();
  const pds = document?.id === did ? serverIn(document.service) : undefined;
  if (pds === undefined)
    throw new Failure('E_BAD_ANSWER', { message: `The directory names no server for ${did}.` });
  return { did, pds, handle: handleIn(document.alsoKnownAs) };
}

/** Who signs people in for this server: itself, or (for those of Bluesky) the common entrance. */
export async function findAuthServer(http: Http, server: string): Promise<AuthServer> {
  const resource = await http.send({
    url: `${server}/.well-known/oauth-protected-resource`,
    call: 'directory',
    accept: [404],
    authorize: false,
  });
  const [named] =
    resource.status === 200
      ? (resource.json<{ authorization_servers?: unknown[] }>().authorization_servers ?? [])
      : [];
  const issuer = originOf(named) ?? server;
  const response = await http.send({
    url: `${issuer}/.well-known/oauth-authorization-server`,
    call: 'directory',
    accept: [404],
    authorize: false,
  });
  if (response.status !== 200)
    throw new Failure('E_USAGE', {
      message: `${new URL(server).host} offers no sign-in in the browser.`,
      hint: 'Use an app password.',
      command: 'repost login bluesky --app-password --account HANDLE',
    });
  return readAuthServer(response.json(), issuer);
}

function readAuthServer(metadata: Readonly<Record<string, unknown>>, asked: string): AuthServer {
  const endpoint = (name: string) => {
    const address = metadata[name];
    return typeof address === 'string' && originOf(address) !== undefined ? address : undefined;
  };
  const [authorizationEndpoint, tokenEndpoint] = [
    endpoint('authorization_endpoint'),
    endpoint('token_endpoint'),
  ];
  const parEndpoint = endpoint('pushed_authorization_request_endpoint');
  const revocationEndpoint = endpoint('revocation_endpoint');
  const complete = authorizationEndpoint && tokenEndpoint && parEndpoint;
  // A server that speaks for another one is what a mix-up attack looks like.
  if (!complete || metadata['issuer'] !== asked)
    throw new Failure('E_BAD_ANSWER', {
      message: `${asked} describes its sign-in in a way that can’t be used.`,
    });
  return {
    issuer: asked,
    authorizationEndpoint,
    tokenEndpoint,
    parEndpoint,
    ...(revocationEndpoint === undefined ? {} : { revocationEndpoint }),
  };
}

/**
 * The origin of an address that secrets may be sent to: https, or this machine. Undefined for anything else.
 */
export function originOf(address: unknown): string | undefined {
  if (typeof address !== 'string' || !URL.canParse(address)) return undefined;
  const { protocol, hostname, origin, username, password } = new URL(address);
  const here = /^(localhost|127\.0\.0\.1|\[::1\])$/u.test(hostname);
  if (username !== '' || password !== '') return undefined;
  return protocol === 'https:' || (protocol === 'http:' && here) ? origin : undefined;
}

export function isDid(text: string): boolean {
  return /^did:(plc:[a-z2-7]{24}|web:[\w.-]+(%3A\d+)?)$/u.test(text);
}

function documentOf(did: string): string {
  if (did.startsWith('did:plc:') && isDid(did)) return `${plcDirectory}/${did}`;
  const host = isDid(did) ? decodeURIComponent(did.slice('did:web:'.length)) : '';
  const origin = originOf(`${/^localhost(:|$)/u.test(host) ? 'http' : 'https'}://${host}`);
  if (origin !== undefined) return `${origin}/.well-known/did.json`;
  throw new Failure('E_BAD_ANSWER', { message: 'The account’s id is of a kind that can’t be looked up.' });
}

function serverIn(services: unknown): string | undefined {
  if (!Array.isArray(services)) return undefined;
  const entry = (services as { id?: unknown; type?: unknown; serviceEndpoint?: unknown }[]).find(
    (one) => String(one?.id).endsWith('#atproto_pds') && one.type === 'AtprotoPersonalDataServer',
  );
  return originOf(entry?.serviceEndpoint);
}

function handleIn(names: unknown): string {
  const first = Array.isArray(names) ? names.find((name) => String(name).startsWith('at://')) : undefined;
  return typeof first === 'string' ? first.slice('at://'.length) : '';
}

function textIn(response: HttpResponse, name: string): string {
  const value = response.json<Readonly<Record<string, unknown>> | null>()?.[name];
  return typeof value === 'string' ? value : '';
}
