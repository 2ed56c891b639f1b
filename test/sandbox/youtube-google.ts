import { TestClock } from '../../src/core/clock.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import type { Answer } from '../../src/sandbox/sandbox.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createYoutube } from '../../src/sandbox/youtube.ts';

export const BLOCK = 262_144;
const redirectUri = 'http://127.0.0.1:50001/callback';
const scopePrefix = 'https://www.googleapis.com/auth/youtube';
export const bothScopes = `${scopePrefix}.upload ${scopePrefix}.readonly`;
/** The PKCE pair of https://www.rfc-editor.org/rfc/rfc7636#appendix-B */
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

export interface Reply {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
  json: Record<string, never> & { [name: string]: never };
}

interface Ask {
  method?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** What the client said would come, where less came. */
  announced?: number;
}

/** A client of the simulated Google that knows nothing of the product: raw requests, raw answers. */
export interface Google {
  clock: TestClock;
  sandbox: Sandbox;
  send(url: string, ask?: Ask): Promise<Reply>;
  authorizeUrl(change?: Record<string, string | undefined>): string;
  /** What the browser was sent back with. */
  consent(choice?: Choice, change?: Record<string, string | undefined>): Promise<URLSearchParams>;
  token(form: Record<string, string | undefined>): Promise<Reply>;
  /** Signs in; gives the token answer. */
  login(choice?: Choice, change?: Record<string, string | undefined>): Promise<Reply>;
  quirks(quirks: object): Promise<unknown>;
  pull(lever: string, input?: unknown): Promise<unknown>;
}

export function openGoogle(): Google {
  const clock = new TestClock();
  const sandbox = createSandbox({ clock, seed: 5, simulators: [createYoutube] });
  const [app] = sandbox.world.apps('youtube');

  async function send(address: string, ask: Ask = {}): Promise<Reply> {
    const url = new URL(address);
    for (const [name, value] of Object.entries(ask.query ?? {})) url.searchParams.set(name, value);
    const body = Buffer.from(ask.body ?? '');
    const answer = (await sandbox.dispatch({
      origin: url.origin,
      method: ask.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: { 'content-length': String(ask.announced ?? body.length), ...ask.headers },
      body,
      complete: ask.announced === undefined,
    })) as Answer | { cut: string };
    if ('cut' in answer) return { status: 0, headers: {}, text: answer.cut, json: {} };
    const text = answer.body.toString();
    return { ...answer, text, json: text.startsWith('{') ? JSON.parse(text) : {} };
  }

  const google: Google = {
    clock,
    sandbox,
    send,
    authorizeUrl(change = {}) {
      const url = new URL('https://accounts.google.com/o/oauth2/v2/auth');
      const usual = {
        client_id: app!.clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: bothScopes,
        state: 'st/at e',
        code_challenge: challenge,
        code_challenge_method: 'S256',
        prompt: 'consent',
      };
      for (const [name, value] of Object.entries({ ...usual, ...change }))
        if (value !== undefined) url.searchParams.set(name, value);
      return url.href;
    },
    async consent(choice = {}, change = {}) {
      const { redirectedTo } = await approveWithin(sandbox, google.authorizeUrl(change), choice);
      return new URL(redirectedTo).searchParams;
    },
    token(form) {
      const known = { client_id: app!.clientId, client_secret: app!.clientSecret };
      const fields = Object.entries({ ...known, ...form }).filter(
        (field): field is [string, string] => field[1] !== undefined,
      );
      return send('https://oauth2.googleapis.com/token', {
        method: 'POST',
        body: new URLSearchParams(fields).toString(),
      });
    },
    async login(choice = {}, change = {}) {
      const code = (await google.consent(choice, change)).get('code') ?? '';
      return google.token(codeForm(code));
    },
    quirks: (quirks) => sandbox.control('youtube', 'quirks', quirks),
    pull: (lever, input) => sandbox.control('youtube', lever, input),
  };
  return google;
}

export function codeForm(code: string): Record<string, string> {
  return { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri };
}

/** A signed-in channel, as raw requests. */
export interface Channel {
  google: Google;
  list(resource: string, query: Record<string, string>): Promise<Reply>;
  open(
    body?: object,
    ask?: { bytes?: number; headers?: Record<string, string>; query?: Record<string, string> },
  ): Promise<Reply>;
  put(
    session: string,
    range: string | undefined,
    body?: Buffer,
    headers?: Record<string, string>,
    announced?: number,
  ): Promise<Reply>;
  /** Uploads a video in one go; gives the final answer. */
  upload(body?: object, media?: Buffer): Promise<Reply>;
  bearer: string;
}

export const upload = 'https://www.googleapis.com/upload/youtube/v3/videos';
const plain = { snippet: { title: 'A clip' }, status: { privacyStatus: 'public' } };

export async function openChannel(google = openGoogle(), choice: Choice = {}): Promise<Channel> {
  const { json } = await google.login(choice);
  const bearer = `Bearer ${json['access_token']}`;
  const channel: Channel = {
    google,
    bearer,
    list: (resource, query) =>
      google.send(`https://youtube.googleapis.com/youtube/v3/${resource}`, {
        query,
        headers: { authorization: bearer },
      }),
    open: (body = plain, { bytes, headers, query } = {}) =>
      google.send(upload, {
        method: 'POST',
        query: { uploadType: 'resumable', part: 'snippet,status', ...query },
        headers: {
          authorization: bearer,
          'content-type': 'application/json; charset=UTF-8',
          'x-upload-content-type': 'video/mp4',
          ...(bytes === undefined ? {} : { 'x-upload-content-length': String(bytes) }),
          ...headers,
        },
        body: JSON.stringify(body),
      }),
    put: (session, range, body = Buffer.alloc(0), headers = {}, announced) =>
      google.send(session, {
        method: 'PUT',
        headers: {
          authorization: bearer,
          ...(body.length > 0 ? { 'content-type': 'video/mp4' } : {}),
          ...(range === undefined ? {} : { 'content-range': range }),
          ...headers,
        },
        body,
        ...(announced === undefined ? {} : { announced }),
      }),
    async upload(body = plain, media = Buffer.from('a small video')) {
      const { headers } = await channel.open(body, { bytes: media.length });
      return channel.put(headers['location'] ?? '', undefined, media);
    },
  };
  return channel;
}

/** `errors[0].reason` of an API error. */
export function reasonOf({ json }: Reply): string {
  const error = json['error'] as unknown as { errors?: { reason: string }[] } | undefined;
  return error?.errors?.[0]?.reason ?? '';
}
