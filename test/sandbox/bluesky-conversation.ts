import type { Reply, Subject } from './bluesky-subjects.ts';
import { parsed } from './bluesky-subjects.ts';

const POSTS = 'app.bsky.feed.post';
const clip = Buffer.concat([Buffer.from('\0\0\0\x20ftypisom\0\0\0\0isom', 'latin1'), Buffer.alloc(4000, 1)]);
const absent = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
const xrpc = (method: string, query: Record<string, string> = {}) =>
  `/xrpc/${method}?${new URLSearchParams(query)}`;

/** A conversation under way. */
interface Talk {
  subject: Subject;
  /** What was told so far. */
  told: Record<string, unknown>;
  /** Keeps an answer: status, error name, sentence, and whether the keys are there. */
  note(name: string, reply: Reply, ...keys: string[]): void;
  json(method: string, body: unknown, token?: string): Promise<Reply>;
}

/** Names and hashes are replaced: they differ from server to server. */
function plainer({ did, handle }: Subject): (text: unknown) => string {
  return (text) =>
    String(text)
      .replaceAll(did, 'DID')
      .replaceAll(handle, 'HANDLE')
      .replace(/bafy[a-z2-7]{20,}/gu, 'RECORD')
      .replace(/bafk[a-z2-7]{20,}/gu, 'FILE');
}

function begin(subject: Subject): Talk {
  const told: Record<string, unknown> = {};
  const plain = plainer(subject);
  return {
    subject,
    told,
    note(name, { status, body }, ...keys) {
      told[name] = {
        status,
        ...(body['error'] === undefined ? {} : { error: body['error'], message: plain(body['message']) }),
        ...Object.fromEntries(keys.map((key) => [key, key in body])),
      };
    },
    json: (method, body, token) =>
      subject.send({
        path: xrpc(method),
        headers: { 'content-type': 'application/json', ...(token ? bearer(token) : {}) },
        body: JSON.stringify(body),
      }),
  };
}

/** The same conversation with a server, told so that two servers can be compared. */
export async function converse(subject: Subject): Promise<Record<string, unknown>> {
  const talk = begin(subject);
  const access = await ofSessions(talk);
  const blob = await ofFiles(talk, access);
  await ofRecords(talk, access, blob);
  await ofServiceTokens(talk, access);
  await ofLimits(talk);
  return talk.told;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const enter = ({ subject, json }: Talk, password: string, identifier = subject.handle) =>
  json('com.atproto.server.createSession', { identifier, password });

async function ofSessions(talk: Talk) {
  const { subject, told, note } = talk;
  note('wrong password', await enter(talk, 'xxxx-xxxx-xxxx-xxxx'));
  note('nobody', await enter(talk, subject.passwords.app, 'nobody.example.com'));
  const session = await enter(talk, subject.passwords.app);
  note('session', session, 'accessJwt', 'refreshJwt', 'did', 'handle', 'emailConfirmed', 'active');
  const access = String(session.body['accessJwt']);
  const refresh = String(session.body['refreshJwt']);
  told['scopes'] = [
    claims(access)['scope'],
    claims(refresh)['scope'],
    claims(String((await enter(talk, subject.passwords.main)).body['accessJwt']))['scope'],
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
  return access;
}

async function ofFiles({ subject, told, note }: Talk, access: string) {
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
  return blob;
}

async function ofRecords(talk: Talk, access: string, blob: Record<string, unknown>) {
  const { subject, told, note, json } = talk;
  const plain = plainer(subject);
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

  await ofRefusals(talk, { record, write, key, access, blob });
}

interface Writing {
  record(change?: object): Record<string, unknown>;
  write(method: string, rkey: string, value: unknown, more?: object): Promise<Reply>;
  key: string | undefined;
  access: string;
  blob: Record<string, unknown>;
}

async function ofRefusals({ note, json }: Talk, { record, write, key, access, blob }: Writing) {
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
}

async function ofServiceTokens({ subject, told, note }: Talk, access: string) {
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
}

async function ofLimits(talk: Talk) {
  const { subject, told, note } = talk;
  const { headers } = await subject.send({ path: xrpc('com.atproto.server.describeServer') });
  told['limits'] = [
    headers['ratelimit-limit'],
    headers['ratelimit-policy'],
    Number(headers['ratelimit-reset']) > Date.now() / 1000,
    'ratelimit-remaining' in headers,
  ];
  let last: Reply | undefined;
  for (let n = 0; n < 40 && last?.status !== 429; n += 1)
    last = await enter(talk, 'xxxx-xxxx-xxxx-xxxx', 'limited.example.com');
  note('too many sign-ins', last!);
  told['no word of when'] = last!.headers['retry-after'] ?? null;
}

function claims(token: string): Record<string, unknown> {
  return parsed(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
