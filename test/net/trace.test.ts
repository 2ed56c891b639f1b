import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { standardFailure } from '../../src/net/classify.ts';
import { rememberSecret } from '../../src/net/redact.ts';
import { toRaw, toResponse } from '../../src/net/request.ts';
import { describeExchange } from '../../src/net/trace.ts';

const clock = new TestClock();

/** With a mark, to be searched for; of the characters tokens are made of, and some they are not. */
const secrets = fc
  .tuple(fc.string({ unit: 'grapheme-ascii', maxLength: 20 }), fc.nat())
  .map(([middle, end]) => `CANARY-${end}${middle}CANARY`);

/** Every place a secret travels in; `name` says there what it is. */
function exchangeWith(secret: string, name: string) {
  const request = toRaw(
    {
      url: 'https://api.example.com/v1/posts',
      query: { [name]: secret, fields: 'id' },
      headers: { authorization: `Bearer ${secret}`, cookie: `session=${secret}` },
      multipart: [{ name, value: secret }],
    },
    1000,
  );
  const text = JSON.stringify({
    error: { message: `refused: ${name}=${encodeURIComponent(secret)}` },
    [name]: secret,
    inner: JSON.stringify({ [name]: secret }),
  });
  const headers = {
    'set-cookie': `sid=${secret}`,
    location: `https://up.example.com/?${name}=${encodeURIComponent(secret)}`,
  };
  return { request, response: { status: 400, headers, text } };
}

function shown(secret: string, name: string): string {
  const { request, response } = exchangeWith(secret, name);
  const trace = describeExchange({ request, response, startedAt: 0, endedAt: 1, call: 'c' });
  const form = describeExchange({
    request: toRaw({ url: 'https://api.example.com', form: { [name]: secret } }, 1000),
    response: null,
    startedAt: 0,
    endedAt: 1,
    call: undefined,
  });
  const failure = standardFailure(toResponse(response, request.url), clock, { id: 'x', name: 'X' });
  return JSON.stringify([trace, form, { ...failure, message: failure.message }]);
}

test('a secret that this process knows survives nowhere in a trace or an error, whatever it is called', () => {
  fc.assert(
    fc.property(secrets, fc.constantFrom('note', 'caption', 'x', 'token', 'code'), (secret, name) => {
      rememberSecret(secret);
      expect(shown(secret, name)).not.toContain('CANARY');
    }),
  );
});

test('a secret that nobody has named survives nowhere where its place gives it away', () => {
  const names = [
    'access_token',
    'refresh_token',
    'client_secret',
    'code_verifier',
    'upload_id',
    'accessJwt',
    'password',
    'signature',
  ];
  // Tokens are made of such characters; a name=value in a free sentence ends at a blank.
  const plain = fc.stringMatching(/^[\w.~+/=-]{1,30}$/).map((middle) => `CANARY-${middle}`);
  fc.assert(
    fc.property(plain, fc.constantFrom(...names), (secret, name) => {
      expect(shown(secret, name)).not.toContain('CANARY');
    }),
  );
});
