import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mask, maskBody, maskHeaders, rememberSecret } from '../../src/net/redact.ts';

/** A secret as platforms make them, with a mark that can be searched for in every spelling. */
const marked = fc
  .tuple(fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), fc.nat())
  .map(([middle, end]) => `CANARY${middle}CANARY${end}`);

const wrappings: ((secret: string) => string)[] = [
  (secret) => `before ${secret} after`,
  (secret) => `https://h/p?q=${encodeURIComponent(secret)}&z=1`,
  (secret) => `q=${new URLSearchParams({ s: secret }).toString().slice(2)}&z=1`,
  (secret) => `next=${encodeURIComponent(`https://h/p?q=${encodeURIComponent(secret)}`)}`,
  (secret) => JSON.stringify({ note: secret, list: [secret] }),
  (secret) => JSON.stringify({ body: JSON.stringify({ note: secret }) }),
  (secret) => JSON.stringify({ note: secret }).replaceAll('/', '\\/'),
];

test('a live secret survives in no spelling', () => {
  fc.assert(
    fc.property(marked, fc.nat(2), (secret, before) => {
      rememberSecret(secret);
      for (const wrap of wrappings) {
        const masked = mask(wrap(secret));
        expect(masked).not.toContain('CANARY');
        expect(masked).not.toContain(secret);
      }
      for (const encoding of ['base64', 'base64url'] as const) {
        const encoded = Buffer.from(`${'p'.repeat(before)}${secret}:tail`).toString(encoding);
        const left = mask(`Basic-like ${encoded} end`).replaceAll('***', '');
        const readable = Buffer.from(left.split(' ')[1] ?? '', encoding).toString('latin1');
        expect(readable).not.toContain('CANARY');
      }
    }),
  );
});

test('things that are secret by their place go, unknown as they are', () => {
  const secret = 'zq83-Unknown_9';
  const rows = [
    `https://h/p?access_token=${secret}&fields=id`,
    `https://h/p?fields=id&code=${secret}&state=${secret}#x`,
    `client_secret=${secret}&grant_type=refresh_token&refresh_token=${secret}`,
    `code_verifier=${secret}`,
    `https://upload.example.com/u?uploadType=resumable&upload_id=${secret}`,
    `https://cdn.example.com/v.mp4?x-expires=1&x-signature=${secret}&X-Amz-Signature=${secret}`,
    `{"access_token":"${secret}","refresh_token" : "${secret}","open_id":"o"}`,
    `{\n  "accessJwt": "${secret}",\n  "refreshJwt": "${secret}"}`,
    `{"body":"{\\"client_secret\\":\\"${secret}\\"}"}`,
    `{"access_token":"cut ${secret}`,
    `{"password":"with \\"quotes\\" ${secret}"}`,
    `Authorization: OAuth ${secret}`,
    `sent Bearer ${secret} and`,
    `https://api.telegram.org/bot123456:${secret}/sendVideo`,
    `/bot123:ABC${secret}/getMe`,
    `next=https%3A%2F%2Fh%2Fp%3Faccess_token%3D${secret}%26x%3D1`,
    `https://user:${secret}@proxy.example.com:8080`,
    `{"code":"4/0AfJoh${secret}aaaaaaaa"}`,
  ];
  for (const row of rows) expect(mask(row), row).not.toContain(secret);
  expect(mask('app password abcd-ef12-gh34-zz99 given')).toBe('app password *** given');
  expect(mask('EAAGm0PX4ZCpsBAKZB1234567890')).toBe('***');
  expect(mask('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_def')).toBe('***');
});

test('what is needed to understand an exchange stays', () => {
  const rows = [
    '{"next_page_token":"CAUQAA","pageToken":"p","nextPageToken":"n","pagination":{"next_token":"t"}}',
    '{"error":{"code":"spam_risk_too_many_posts","message":"no","log_id":"2026"},"code":190,"token_type":"bearer"}',
    'https://h/p?page_token=CAUQAA&cursor=17&client_id=abc&scope=video.list',
    '{"id":"7575000000000000123","uuid":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","state":"succeeded"}',
    'Error validating OAuth credentials: Basic checks failed',
  ];
  for (const row of rows) expect(mask(row)).toBe(row);
});

test('masking twice changes nothing more', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('access_token=', '"code_verifier":"', 'Bearer 9', 'cookie: '),
      fc.string(),
      (start, rest) => {
        const once = mask(start + rest);
        expect(mask(once)).toBe(once);
      },
    ),
  );
});

test('headers: credentials go whole, the rest is masked', () => {
  expect(
    maskHeaders({
      authorization: 'Bearer abc',
      'Set-Cookie': 'sid=1; other',
      dpop: 'x',
      'x-access-token': 'x',
      location: 'https://h/u?upload_id=abc&part=1',
      'content-type': 'application/json',
    }),
  ).toEqual({
    authorization: '***',
    'Set-Cookie': '***',
    dpop: '***',
    'x-access-token': '***',
    location: 'https://h/u?upload_id=***&part=1',
    'content-type': 'application/json',
  });
});

test('a secret across the cut of a long body does not survive in half', () => {
  rememberSecret('half-secret-0123456789');
  for (let at = 80; at <= 100; at += 1) {
    const body = `${'.'.repeat(at)}half-secret-0123456789${'.'.repeat(50_000)}`;
    const cut = maskBody(body, 100);
    expect(cut).not.toContain('half-');
    expect(cut).toContain('50');
    expect(cut.length).toBeLessThan(160);
  }
});

test('old secrets are let go, so that a long life costs no memory; those in use stay', () => {
  rememberSecret('first-and-unused-secret');
  rememberSecret('first-but-used-secret');
  for (let n = 0; n < 2100; n += 1) {
    rememberSecret(`rotating-secret-number-${n}`);
    if (n % 100 === 0) rememberSecret('first-but-used-secret');
  }
  expect(mask('first-but-used-secret')).toBe('***');
  expect(mask('rotating-secret-number-2099')).toBe('***');
  expect(mask('first-and-unused-secret')).toBe('first-and-unused-secret');
});

test('a signed address inside a form loses its signature', () => {
  const address = 'https://s3.example/b/k.mp4?X-Amz-Date=20261122T120000Z&X-Amz-Signature=8b471f36&x=1';
  const masked = mask(new URLSearchParams({ media_type: 'VIDEO', video_url: address }).toString());
  expect(masked).not.toContain('8b471f36');
  expect(masked).toContain('20261122T120000Z');
});
