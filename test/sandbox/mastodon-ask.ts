import { TestClock } from '../../src/core/clock.ts';
import { createMastodon } from '../../src/sandbox/mastodon.ts';
import type { MastodonQuirks } from '../../src/sandbox/mastodon-quirks.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { type Answer, createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';

export type Json = Record<string, unknown>;

export interface Ask {
  form?: Record<string, string>;
  json?: unknown;
  /** A file's bytes, with the fields beside it. */
  file?: Buffer;
  fields?: Record<string, string>;
  token?: string;
  headers?: Record<string, string>;
}

export interface Reply extends Answer {
  json: Json;
}

export const redirectUri = 'http://127.0.0.1:53412/callback';
export const scope = 'read:accounts read:statuses write:media write:statuses';

/** The first bytes of an MP4, and so many after them. */
export function clip(bytes = 400, picture?: { width: number; height: number }): Buffer {
  const content = Buffer.alloc(bytes, `video of ${bytes} bytes.`);
  content.write('\0\0\0\u0018ftypisom', 0, 'latin1');
  if (!picture) return content;
  content.write('tkhd', 100);
  content.fill(0, 104, 188);
  content.writeUInt16BE(picture.width, 180);
  content.writeUInt16BE(picture.height, 184);
  return content;
}

/** The simulated servers, asked without any client. */
export class Servers {
  readonly clock = new TestClock();
  readonly sandbox: Sandbox = createSandbox({ clock: this.clock, seed: 11, simulators: [createMastodon] });

  async ask(method: string, target: string, options: Ask = {}): Promise<Reply> {
    const url = new URL(target, 'https://mastodon.social');
    const { form, json, file, fields = {}, token } = options;
    const headers: Record<string, string> = { ...options.headers };
    let body = Buffer.from(
      form ? new URLSearchParams(form).toString() : json === undefined ? '' : JSON.stringify(json),
    );
    if (form) headers['content-type'] = 'application/x-www-form-urlencoded';
    if (json !== undefined) headers['content-type'] = 'application/json';
    if (file) {
      headers['content-type'] = 'multipart/form-data; boundary=edge';
      const parts = Object.entries(fields).map(
        ([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      );
      const head = `${parts.join('')}--edge\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n`;
      body = Buffer.concat([Buffer.from(head), file, Buffer.from('\r\n--edge--\r\n')]);
    }
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    const answer = await this.sandbox.dispatch({
      origin: url.origin,
      method,
      path: url.pathname,
      query: url.searchParams,
      headers,
      body,
      complete: true,
    });
    if ('cut' in answer) throw new Error(answer.cut);
    const isJson = answer.headers['content-type']?.startsWith('application/json') === true;
    return { ...answer, json: isJson ? (JSON.parse(answer.body.toString()) as Json) : {} };
  }

  quirks(change: Partial<MastodonQuirks> & { server?: string }): Promise<unknown> {
    return this.sandbox.control('mastodon', 'quirks', change);
  }

  pull(lever: string, input?: unknown): Promise<unknown> {
    return this.sandbox.control('mastodon', lever, input);
  }

  async register(json: Json = {}): Promise<Json> {
    const wish = { client_name: 'test', redirect_uris: redirectUri, scopes: scope, ...json };
    return (await this.ask('POST', '/api/v1/apps', { json: wish })).json;
  }

  authorizeUrl(app: Json, change: Record<string, string> = {}): string {
    const query = {
      response_type: 'code',
      client_id: String(app['client_id']),
      redirect_uri: redirectUri,
      scope,
      state: 'st',
      ...change,
    };
    return `https://mastodon.social/oauth/authorize?${new URLSearchParams(query)}`;
  }

  async consent(app: Json, change: Record<string, string> = {}): Promise<URLSearchParams> {
    const { redirectedTo } = await approveWithin(this.sandbox, this.authorizeUrl(app, change));
    return new URL(redirectedTo).searchParams;
  }

  exchange(app: Json, change: Record<string, string> = {}): Promise<Reply> {
    const form = {
      grant_type: 'authorization_code',
      client_id: String(app['client_id']),
      client_secret: String(app['client_secret']),
      redirect_uri: redirectUri,
      ...change,
    };
    return this.ask('POST', '/oauth/token', { form });
  }

  /** A token, from nothing. */
  async login(): Promise<string> {
    const app = await this.register();
    const code = (await this.consent(app)).get('code') ?? '';
    return String((await this.exchange(app, { code })).json['access_token']);
  }

  async upload(token: string, bytes = 400): Promise<string> {
    return String((await this.ask('POST', '/api/v2/media', { token, file: clip(bytes) })).json['id']);
  }

  post(token: string, json: Json, key?: string): Promise<Reply> {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return this.ask('POST', '/api/v1/statuses', { token, json, headers });
  }
}
