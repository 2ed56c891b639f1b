import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { createBluesky } from '../../src/sandbox/bluesky.ts';
import { firstAppPassword, mainPassword } from '../../src/sandbox/bluesky-sessions.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { describeReal, type RealPds, startPds } from '../platforms/real-pds.ts';
import { nonce, proof } from './bluesky-proof.ts';

/** One server to ask: the simulated or the real one. */
interface Subject {
  origin: string;
  did: string;
  handle: string;
  passwords: { app: string; main: string };
  send(request: Asked): Promise<Reply>;
}

interface Asked {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

function simulated(): Subject {
  const sandbox = createSandbox({ clock: systemClock, seed: 5, simulators: [createBluesky] });
  const origin = 'https://pds.example.org';
  void sandbox.control('bluesky', 'move', { account: '@creator', pds: origin });
  void sandbox.control('bluesky', 'quirks', { blobLimitBytes: 8 * 2 ** 20 });
  const [account] = sandbox.world.accounts('bluesky');
  return {
    origin,
    did: account!.id,
    handle: 'creator.bsky.social',
    passwords: { app: firstAppPassword, main: mainPassword },
    async send({ method, path, headers = {}, body = '' }) {
      const url = new URL(path, origin);
      const answer = await sandbox.dispatch({
        origin,
        method: method ?? (body === '' ? 'GET' : 'POST'),
        path: url.pathname,
        query: url.searchParams,
        headers,
        body: Buffer.from(body),
        complete: true,
      });
      if ('cut' in answer) throw new Error(answer.cut);
      return { status: answer.status, headers: answer.headers, body: parsed(answer.body.toString()) };
    },
  };
}

async function genuine(real: RealPds): Promise<Subject> {
  const { did, password, appPassword } = await real.createAccount('carol.test');
  const passwords = { app: appPassword, main: password };
  return { origin: real.pds, did, handle: 'carol.test', passwords, send: (asked) => sendTo(real, asked) };
}

async function sendTo(real: RealPds, { method, path, headers = {}, body = '' }: Asked): Promise<Reply> {
  const response = await fetch(new URL(path, real.pds), {
    method: method ?? (body === '' ? 'GET' : 'POST'),
    headers,
    ...(body === '' ? {} : { body }),
  });
  const told = parsed(await response.text());
  return { status: response.status, headers: Object.fromEntries(response.headers), body: told };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const POSTS = 'app.bsky.feed.post';
const clip = Buffer.concat([Buffer.from('\0\0\0\x20ftypisom\0\0\0\0isom', 'latin1'), Buffer.alloc(4000, 1)]);
const absent = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
const xrpc = (method: string, query: Record<string, string> = {}) =>
  `/xrpc/${method}?${new URLSearchParams(query)}`;

/**
 * The same conversation with a server, told so that two servers can be compared: status, error name, sentence, and
 * what the client builds on. Names and hashes are replaced.
 */
async function converse(subject: Subject): Promise<Record<string, unknown>> {
  const told: Record<string, unknown> = {};
  const plain = (text: unknown) =>
    String(text)
      .replaceAll(subject.did, 'DID')
      .replaceAll(subject.handle, 'HANDLE')
      .replace(/bafy[a-z2-7]{20,}/gu, 'RECORD')
      .replace(/bafk[a-z2-7]{20,}/gu, 'FILE');
  const note = (name: string, { status, body }: Reply, ...keys: string[]) => {
    told[name] = {
      status,
      ...(body['error'] === undefined ? {} : { error: body['error'], message: plain(body['message']) }),
      ...Object.fromEntries(keys.map((key) => [key, key in body])),
    };
  };
  const json = (method: string, body: unknown, token?: string): Promise<Reply> =>
    subject.send({
      path: xrpc(method),
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  // --- sessions
  const enter = (password: string, identifier = subject.handle) =>
    json('com.atproto.server.createSession', { identifier, password });
  note('wrong password', await enter('xxxx-xxxx-xxxx-xxxx'));
  note('nobody', await enter(subject.passwords.app, 'nobody.example.com'));
  const session = await enter(subject.passwords.app);
  note('session', session, 'accessJwt', 'refreshJwt', 'did', 'handle', 'emailConfirmed', 'active');
  const access = String(session.body['accessJwt']);
  const refresh = String(session.body['refreshJwt']);
  told['scopes'] = [
    claims(access)['scope'],
    claims(refresh)['scope'],
    claims(String((await enter(subject.passwords.main)).body['accessJwt']))['scope'],
    Number(claims(access)['exp']) - Number(claims(access)['iat']),
    Number(claims(refresh)['exp']) - Number(claims(refresh)['iat']),
  ];
  const getSession = (headers: Record<string, string>) =>
    subject.send({ path: xrpc('com.atproto.server.getSession'), headers });
  note('no token', await getSession({}));
  note('strange token', await getSession(bearer('abc')));
  note('refresh token as access token', await getSession(bearer(refresh)));
  const renew = (token: string) =>
    subject.send({ method: 'POST', path: xrpc('com.atproto.server.refreshSession'), headers: bearer(token) });
  note('access token as refresh token', await renew(access));
  const [one, two] = [await renew(refresh), await renew(refresh)];
  note('renewed', one, 'accessJwt', 'refreshJwt', 'did', 'handle', 'active');
  told['same successor'] = [one, two].map(
    ({ body }) => claims(String(body['refreshJwt']))['jti'] === claims(String(one.body['refreshJwt']))['jti'],
  );
  told['another than before'] = claims(String(one.body['refreshJwt']))['jti'] !== claims(refresh)['jti'];
  note('described', await subject.send({ path: xrpc('com.atproto.server.describeServer') }), 'did');

  // --- files
  const upload = (body: Buffer, headers: Record<string, string>) =>
    subject.send({
      method: 'POST',
      path: xrpc('com.atproto.repo.uploadBlob'),
      headers: { ...bearer(access), ...headers },
      body,
    });
  const first = await upload(clip, { 'content-type': 'video/mp4' });
  const blob = first.body['blob'] as Record<string, unknown>;
  told['file'] = [first.status, blob];
  told['same file'] = (await upload(clip, { 'content-type': 'video/mp4' })).body['blob'];
  told['file of no known type'] = (await upload(clip, { 'content-type': 'application/octet-stream' })).body[
    'blob'
  ];
  note('file too big', await upload(Buffer.alloc(9 * 2 ** 20), { 'content-type': 'video/mp4' }));

  // --- records
  const record = (change: object = {}) => ({
    $type: POSTS,
    text: 'hello',
    createdAt: '2026-11-22T12:00:00.000Z',
    embed: { $type: 'app.bsky.embed.video', video: blob },
    ...change,
  });
  const write = (method: string, rkey: string, value: unknown, more: object = {}) =>
    json(
      `com.atproto.repo.${method}`,
      { repo: subject.did, collection: POSTS, rkey, record: value, ...more },
      access,
    );
  const [key, other] = ['3m66fxuzc2s2a', '3m66fxuzc2s2b'];
  const read = (rkey: string) =>
    subject.send({
      path: xrpc('com.atproto.repo.getRecord', { repo: subject.did, collection: POSTS, rkey }),
    });
  note('read what is not there', await read(key));
  note('strange key', await write('createRecord', 'tiktok-7312345678901234567', record()));
  note('create', await write('createRecord', key, record()), 'uri', 'cid', 'commit', 'validationStatus');
  note('create again', await write('createRecord', key, record()));
  note('create something else there', await write('createRecord', key, record({ text: 'other' })));
  note('put where one is', await write('putRecord', key, record({ text: 'other' }), { swapRecord: null }));
  note(
    'put the very same',
    await write('putRecord', key, record(), { swapRecord: null }),
    'uri',
    'cid',
    'commit',
  );
  note(
    'put where none is',
    await write('putRecord', other, record(), { swapRecord: null }),
    'uri',
    'cid',
    'commit',
  );
  note('put it again', await write('putRecord', other, record(), { swapRecord: null }), 'uri', 'commit');
  note('put over it', await write('putRecord', other, record({ text: 'over' })), 'uri', 'commit');
  note('read', await read(other), 'uri', 'cid', 'value');
  note(
    'delete',
    await json(
      'com.atproto.repo.deleteRecord',
      { repo: subject.did, collection: POSTS, rkey: other },
      access,
    ),
  );
  note('create after deleting', await write('createRecord', other, record()), 'uri');
  const listed = await subject.send({
    path: xrpc('com.atproto.repo.listRecords', { repo: subject.did, collection: POSTS, limit: '1' }),
  });
  told['list'] = [
    listed.status,
    (listed.body['records'] as { uri: string }[]).map(({ uri }) => plain(uri)),
    'cursor' in listed.body,
  ];

  const refused = async (name: string, value: unknown) =>
    note(name, await write('putRecord', '3m66fxuzc2s2c', value, { swapRecord: null }));
  await refused('too many graphemes', record({ text: 'x'.repeat(301) }));
  await refused('too many bytes', record({ text: '👩‍👩‍👧‍👦'.repeat(125) }));
  await refused('no date', { $type: POSTS, text: 'x' });
  await refused(
    'unknown file',
    record({ embed: { $type: 'app.bsky.embed.video', video: { ...blob, ref: { $link: absent } } } }),
  );
  await refused('four languages', record({ langs: ['en', 'de', 'fr', 'es'] }));
  note(
    'somebody else’s repository',
    await json(
      'com.atproto.repo.putRecord',
      { repo: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', collection: POSTS, rkey: key, record: record() },
      access,
    ),
  );
  note(
    'facets out of range',
    await write(
      'putRecord',
      '3m66fxuzc2s2d',
      record({
        facets: [
          {
            index: { byteStart: 90, byteEnd: 99 },
            features: [{ $type: 'app.bsky.richtext.facet#tag', tag: 'x' }],
          },
        ],
      }),
    ),
    'uri',
  );

  // --- tokens for other services
  const service = (query: Record<string, string>) =>
    subject.send({ path: xrpc('com.atproto.server.getServiceAuth', query), headers: bearer(access) });
  const now = Math.floor(Date.now() / 1000);
  const lxm = 'com.atproto.repo.uploadBlob';
  const aud = (await subject.send({ path: xrpc('com.atproto.server.describeServer') })).body['did'] as string;
  note('service token', await service({ aud, lxm, exp: String(now + 1800) }), 'token');
  note('service token for too long', await service({ aud, lxm, exp: String(now + 3700) }));
  note('service token of the past', await service({ aud, lxm, exp: String(now - 100) }));
  note('service token for everything', await service({ aud, exp: String(now + 100) }));
  const token = String((await service({ aud, lxm, exp: String(now + 1800) })).body['token']);
  told['service token says'] = Object.keys(claims(token)).sort();
  const byService = (text: string) =>
    subject.send({
      method: 'POST',
      path: xrpc('com.atproto.repo.uploadBlob'),
      headers: { ...bearer(text), 'content-type': 'video/mp4' },
      body: clip,
    });
  told['written by a service'] = (await byService(token)).status;
  told['with a token for another method'] = (
    await byService(String((await service({ aud, lxm: 'app.bsky.video.getUploadLimits' })).body['token']))
  ).status;

  // --- limits
  const { headers } = await read(key);
  told['limits'] = [
    headers['ratelimit-limit'],
    headers['ratelimit-policy'],
    Number(headers['ratelimit-reset']) > now,
    'ratelimit-remaining' in headers,
  ];
  let last: Reply = session;
  for (let n = 0; n < 40 && last.status !== 429; n += 1)
    last = await enter('xxxx-xxxx-xxxx-xxxx', 'limited.example.com');
  note('too many sign-ins', last);
  told['no word of when'] = last.headers['retry-after'] ?? null;
  return told;
}

function claims(token: string): Record<string, unknown> {
  return parsed(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** Without an account, and the first steps of a sign-in in the browser. */
async function approach(subject: Pick<Subject, 'origin' | 'send'>): Promise<Record<string, unknown>> {
  const told: Record<string, unknown> = {};
  const resource = await subject.send({ path: '/.well-known/oauth-protected-resource' });
  told['resource'] = [
    resource.status,
    Object.keys(resource.body).sort(),
    resource.body['authorization_servers'],
  ].map((part) => JSON.stringify(part).replaceAll(subject.origin, 'ORIGIN'));
  const { body } = await subject.send({ path: '/.well-known/oauth-authorization-server' });
  for (const name of [
    'issuer',
    'authorization_endpoint',
    'token_endpoint',
    'pushed_authorization_request_endpoint',
    'revocation_endpoint',
  ])
    told[name] = String(body[name]).replace(subject.origin, 'ORIGIN');
  for (const name of [
    'require_pushed_authorization_requests',
    'authorization_response_iss_parameter_supported',
    'client_id_metadata_document_supported',
  ])
    told[name] = body[name];
  const push = async (name: string, change: Record<string, string>) => {
    const form = {
      client_id:
        'http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback&scope=atproto+transition%3Ageneric',
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:53411/callback',
      scope: 'atproto transition:generic',
      state: 'abc',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...change,
    };
    const ask = async (known?: string) =>
      subject.send({
        path: '/oauth/par',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          dpop: proof('POST', `${subject.origin}/oauth/par`, known),
        },
        body: new URLSearchParams(form).toString(),
      });
    const first = await ask();
    const second = await ask(nonce(first.headers));
    told[name] = [
      first.status,
      first.body['error'],
      second.status,
      second.body['error'] ?? null,
      'request_uri' in second.body,
    ];
  };
  await push('pushed', {});
  await push('client with a port', { client_id: 'http://localhost:1234?scope=atproto' });
  await push('client with a path', { client_id: 'http://localhost/a?scope=atproto' });
  await push('client with more', { client_id: 'http://localhost?scope=atproto&name=x' });
  await push('back to localhost', { redirect_uri: 'http://localhost:53411/callback' });
  await push('back to another path', { redirect_uri: 'http://127.0.0.1:53411/other' });
  await push('back by another port', { redirect_uri: 'http://127.0.0.1:1/callback' });
  await push('more rights than declared', { scope: 'atproto transition:generic transition:email' });
  await push('no challenge', { code_challenge: '', code_challenge_method: '' });
  await push('narrow rights', {
    client_id: `http://localhost?${new URLSearchParams({ redirect_uri: 'http://127.0.0.1/callback', scope: 'atproto repo:app.bsky.feed.post blob:video/mp4' })}`,
    scope: 'atproto repo:app.bsky.feed.post blob:video/mp4',
  });
  return told;
}

describe('the simulated Bluesky', () => {
  it('holds the conversation', async () => {
    const told = await converse(simulated());
    expect(told['create again']).toEqual({
      status: 500,
      error: 'InternalServerError',
      message: 'Internal Server Error',
    });
    expect(told['put where one is']).toEqual({
      status: 400,
      error: 'InvalidSwap',
      message: 'Record was at RECORD',
    });
    expect(told['read what is not there']).toMatchObject({ status: 400, error: 'RecordNotFound' });
    expect(told['no word of when']).toBeNull();
  });
});

describeReal('the simulated Bluesky beside a real server', () => {
  let real: RealPds;
  beforeAll(async () => {
    real = await startPds();
  }, 60_000);
  afterAll(() => real?.stop());

  it('says the same', async () => {
    expect(await converse(simulated())).toEqual(await converse(await genuine(real)));
  }, 60_000);

  it('lets sign-ins begin in the same way', async () => {
    const subject = { origin: real.pds, send: (asked: Asked) => sendTo(real, asked) };
    expect(await approach(simulated())).toEqual(await approach(subject));
  }, 60_000);
});
