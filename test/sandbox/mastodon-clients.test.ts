import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOAuthAPIClient, createRestAPIClient, type mastodon } from 'masto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { createMastodon } from '../../src/sandbox/mastodon.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { describeWith } from '../tools.ts';

// Clients that were not written here, against the simulated server: what they and we both understand is no
// misunderstanding of ours.

const clip = fileURLToPath(new URL('../../src/sandbox/videos/sunrise.mp4', import.meta.url));
const origin = 'https://mastodon.social';
const OOB = 'urn:ietf:wg:oauth:2.0:oob';

let sandbox: Sandbox;
let server: Server;
let url = '';

beforeEach(async () => {
  sandbox = createSandbox({ clock: systemClock, seed: 3, simulators: [createMastodon] });
  await sandbox.control('mastodon', 'quirks', { processingSeconds: 1 });
  server = createServer((request, response) => {
    void (async () => {
      const target = new URL(request.url ?? '/', origin);
      const answer = await sandbox.dispatch({
        origin,
        method: request.method ?? 'GET',
        path: target.pathname,
        query: target.searchParams,
        headers: headersOf(request),
        body: await bodyOf(request),
        complete: true,
      });
      if ('cut' in answer) {
        response.destroy();
        return;
      }
      const { link, location } = answer.headers;
      const here = (text: string) => text.replaceAll(origin, url);
      response.writeHead(answer.status, {
        ...answer.headers,
        ...(link === undefined ? {} : { link: here(link) }),
        ...(location === undefined ? {} : { location: here(location) }),
      });
      response.end(answer.body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  return new Promise<unknown>((resolve) => server.close(resolve));
});

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** Presses the button as a person would, and reads the code from the page. */
async function codeFrom(authorizeUrl: string): Promise<string> {
  const body = new URLSearchParams({ account: '113500000000000101', decision: 'approve' });
  const page = await (await fetch(authorizeUrl, { method: 'POST', body })).text();
  return /class="oauth-code"[^>]*value="([^"]+)"/u.exec(page)?.[1] ?? '';
}

describe('masto', () => {
  async function signIn(): Promise<mastodon.rest.Client> {
    const anonymous = createRestAPIClient({ url });
    const app = await anonymous.v1.apps.create({
      clientName: 'masto',
      redirectUris: [OOB],
      scopes: 'read write',
    });
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: app.clientId ?? '',
      redirect_uri: OOB,
      scope: 'read write',
    });
    const token = await createOAuthAPIClient({ url }).token.create({
      grantType: 'authorization_code',
      clientId: app.clientId ?? '',
      clientSecret: app.clientSecret ?? '',
      redirectUri: OOB,
      code: await codeFrom(`${url}/oauth/authorize?${query}`),
      scope: 'read write',
    });
    return createRestAPIClient({ url, accessToken: token.accessToken });
  }

  it('reads the limits and whose sign-in it is', async () => {
    const masto = await signIn();
    const instance = await masto.v2.instance.fetch();
    expect(instance.configuration.statuses.maxCharacters).toBe(500);
    expect(instance.configuration.mediaAttachments.videoSizeLimit).toBe(103_809_024);
    const me = await masto.v1.accounts.verifyCredentials();
    expect([me.id, me.username]).toEqual(['113500000000000101', 'creator']);
  });

  it('uploads, waits, posts once under a key, lists and deletes', async () => {
    // It expects a body in every answer while it waits.
    await sandbox.control('mastodon', 'quirks', { emptyPolls: false, processingSeconds: 2 });
    const masto = await signIn();
    const file = new Blob([readFileSync(clip)], { type: 'video/mp4' });
    const media = await masto.v2.media.create({ file, description: 'The sun comes up' });
    expect(media).toMatchObject({ type: 'video', description: 'The sun comes up' });
    expect(media.url).toMatch(/\.mp4$/u);
    const wish = {
      status: 'Sunrise #morning https://example.com/a',
      mediaIds: [media.id],
      visibility: 'unlisted' as const,
      language: 'en',
    };
    const key = { requestInit: { headers: { 'Idempotency-Key': 'one' } } };
    const status = await masto.v1.statuses.create(wish, key);
    const again = await masto.v1.statuses.create(wish, key);
    expect(again.id).toBe(status.id);
    expect(status.mediaAttachments.map(({ id }) => id)).toEqual([media.id]);
    expect(sandbox.posts()).toMatchObject([{ id: status.id, text: wish.status, bytes: file.size }]);

    const listed = await masto.v1.accounts.$select('113500000000000101').statuses.list({ onlyMedia: true });
    expect(listed.map(({ id, visibility }) => [id, visibility])).toEqual([[status.id, 'unlisted']]);
    await expect(masto.v1.statuses.create({ mediaIds: [media.id] })).rejects.toThrow(/already attached/u);
    await masto.v1.statuses.$select(status.id).remove();
    expect(sandbox.posts()).toEqual([]);
    await expect(masto.v1.statuses.create(wish, key)).rejects.toThrow(/Record not found/u);
    expect(sandbox.complaints()).toEqual([]);
  });

  it('follows the list from page to page', async () => {
    const masto = await signIn();
    for (let n = 0; n < 45; n += 1) await masto.v1.statuses.create({ status: `post ${n}` });
    const ids: string[] = [];
    for await (const page of masto.v1.accounts.$select('113500000000000101').statuses.list({ limit: 20 }))
      ids.push(...page.map(({ id }) => id));
    expect(ids).toEqual(sandbox.posts().map(({ id }) => id));
    expect(ids).toHaveLength(45);
  });

  it('reads errors as its authors know them', async () => {
    const masto = await signIn();
    await expect(masto.v1.statuses.create({ status: 'x'.repeat(501) })).rejects.toMatchObject({
      statusCode: 422,
      message: 'Validation failed: Text character limit of 500 exceeded',
    });
    await sandbox.control('mastodon', 'endTokens');
    await expect(masto.v1.accounts.verifyCredentials()).rejects.toMatchObject({ statusCode: 401 });
  });
});

describeWith({ toot: 'toot' }, 'toot', () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'repost-toot-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** Runs it; `answers` are typed where its output has come to these words. */
  function toot(
    args: string[],
    answers: [RegExp, (output: string) => Promise<string>][] = [],
  ): Promise<string> {
    const child = spawn('toot', args, {
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        XDG_CONFIG_HOME: home,
        PYTHONUNBUFFERED: '1',
        NO_COLOR: '1',
      },
    });
    const waiting = [...answers];
    let output = '';
    const read = (piece: Buffer) => {
      output += piece.toString();
      const [next] = waiting;
      if (!next?.[0].test(output)) return;
      waiting.shift();
      void next[1](output).then((text) => child.stdin[waiting.length > 0 ? 'write' : 'end'](`${text}\n`));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    if (answers.length === 0) child.stdin.end();
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) =>
        code === 0 ? resolve(output) : reject(new Error(`toot ended with ${code}: ${output}`)),
      );
    });
  }

  const at = () => ['-i', new URL(url).host, '--disable-https'];
  const signIn = () =>
    toot(
      ['login', ...at()],
      [
        [/Open link in default browser/u, async () => 'n'],
        [
          /Authorization code/u,
          async (output) => codeFrom(/http:\S+\/oauth\/authorize\S*/u.exec(output)?.[0] ?? ''),
        ],
      ],
    );

  it('signs in with a code, uploads the old way and posts', async () => {
    expect(await signIn()).toMatch(/Successfully logged in/u);
    expect(await toot(['whoami'])).toMatch(/@creator/u);
    const said = await toot([
      'post',
      'Sunrise #morning',
      '--media',
      clip,
      '--description',
      'The sun',
      '--visibility',
      'unlisted',
    ]);
    const [post] = sandbox.posts();
    expect(said).toContain(`Toot posted: ${post?.url}`);
    expect(post).toMatchObject({ text: 'Sunrise #morning', bytes: readFileSync(clip).length });
    expect(post?.facts).toMatchObject({ description: 'The sun', visibility: 'unlisted' });
    await toot(['delete', post?.id ?? '']);
    expect(sandbox.posts()).toEqual([]);
    expect(sandbox.complaints()).toEqual([]);
  });

  it('signs in with a password where a server still takes one', async () => {
    await sandbox.control('mastodon', 'quirks', { version: '4.2.10' });
    const child = toot(
      ['login_cli', ...at(), '-e', 'creator@mastodon.social'],
      [[/Log in to/u, async () => '@creator']],
    );
    await expect(child).resolves.toMatch(/Successfully logged in/u);
  });

  it('hears why a post was refused', async () => {
    await signIn();
    await expect(toot(['post', 'x'.repeat(501)])).rejects.toThrow(/Text character limit of 500 exceeded/u);
  });
});
