import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/core/clock.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import {
  ask,
  authorizeUrl,
  claims,
  clip,
  clock,
  code,
  complaints,
  did,
  entrance,
  exchange,
  form,
  home,
  refresh,
  request,
  sandbox,
  withKey,
} from './bluesky-bench.ts';
import { nonce, proof } from './bluesky-proof.ts';

describe('the sign-in in the browser', () => {
  it.each<[string, Parameters<typeof proof>[3], string]>([
    ['no nonce yet', {}, 'use_dpop_nonce'],
    ['another method', { claims: { htm: 'GET' } }, 'invalid_dpop_proof'],
    ['another address', { claims: { htu: 'https://evil.example/' } }, 'invalid_dpop_proof'],
    ['a time long past', { claims: { iat: 1 } }, 'invalid_dpop_proof'],
    ['no time', { claims: { iat: undefined } }, 'invalid_dpop_proof'],
    ['another algorithm', { head: { alg: 'none' } }, 'invalid_dpop_proof'],
    ['another type', { head: { typ: 'JWT' } }, 'invalid_dpop_proof'],
    ['no key', { head: { jwk: undefined } }, 'invalid_dpop_proof'],
  ])('wants a proof: %s', async (_name, change, error) => {
    const address = `${entrance}/oauth/par`;
    const given = { head: change?.head ?? {}, claims: { ...claims().claims, ...change?.claims } };
    const reply = await ask(address, {
      headers: { dpop: proof('POST', address, undefined, given) },
      body: new URLSearchParams(request).toString(),
    });
    expect(reply).toMatchObject({ status: 400, body: { error } });
    expect(nonce(reply.headers)).toMatch(/^[\w-]{20,}$/u);
  });

  it('takes a nonce for two turns, and a proof once', async () => {
    const address = `${entrance}/oauth/par`;
    const body = new URLSearchParams(request).toString();
    const send = (dpop: string) => ask(address, { headers: { dpop }, body });
    const known = nonce((await send(proof('POST', address, undefined, claims()))).headers);
    const once = proof('POST', address, known, claims());
    expect((await send(once)).status).toBe(201);
    expect((await send(once)).body).toMatchObject({ error: 'invalid_dpop_proof' });
    clock.advance(MINUTE);
    expect((await send(proof('POST', address, known, claims()))).status).toBe(201);
    clock.advance(2 * MINUTE);
    expect((await send(proof('POST', address, known, claims()))).body).toMatchObject({
      error: 'use_dpop_nonce',
    });
    expect(complaints()).toEqual(['a DPoP proof was used twice']);
  });

  it('shows its page once, to a browser, for five minutes', async () => {
    const uri = (await form('/oauth/par', request)).body['request_uri'];
    expect(uri).toMatch(/^urn:ietf:params:oauth:request_uri:req-/u);
    expect((await ask(authorizeUrl(uri), { headers: { 'sec-fetch-mode': 'cors' } })).status).toBe(400);
    const { redirectedTo } = await approveWithin(sandbox, authorizeUrl(uri), { deny: true });
    expect(Object.fromEntries(new URL(redirectedTo).searchParams)).toEqual({
      state: 'abc',
      iss: entrance,
      error: 'access_denied',
      error_description: 'The user rejected the request',
    });
    expect((await ask(authorizeUrl(uri))).text).toContain('Unknown request_uri');
    const late = (await form('/oauth/par', request)).body['request_uri'];
    clock.advance(5 * MINUTE);
    expect((await ask(authorizeUrl(late))).text).toContain('expired');
  });

  it('gives tokens for a code once, to who asked for it', async () => {
    for (const [change, error] of [
      [{ redirect_uri: 'http://127.0.0.1:1/callback' }, 'invalid_grant'],
      [{ code_verifier: 'x'.repeat(50) }, 'invalid_grant'],
      [{ client_id: 'http://localhost' }, 'invalid_grant'],
    ] as const)
      expect((await exchange(await code(), change)).body).toMatchObject({ error });
    const given = await code();
    const { status, body } = await exchange(given);
    expect([status, body]).toMatchObject([
      200,
      { token_type: 'DPoP', sub: did, scope: request.scope, expires_in: 3599 },
    ]);
    expect((await exchange(given)).body).toEqual({
      error: 'invalid_grant',
      error_description: 'Invalid code',
    });
    // Somebody may have stolen the code: what it gave is worth nothing any more.
    expect((await refresh(body['refresh_token'])).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('ends the whole sign-in when a refresh token comes twice', async () => {
    const { body } = await exchange(await code());
    const second = await refresh(body['refresh_token']);
    expect(second.status).toBe(200);
    expect((await refresh(body['refresh_token'])).body).toEqual({
      error: 'invalid_grant',
      error_description: 'Refresh token replayed',
    });
    expect((await refresh(second.body['refresh_token'])).body).toEqual({
      error: 'invalid_grant',
      error_description: 'Invalid refresh token',
    });
    const dead = await withKey(
      `${home}/xrpc/com.atproto.server.getSession`,
      String(second.body['access_token']),
    );
    expect([dead.status, dead.body]).toMatchObject([401, { error: 'invalid_token' }]);
  });

  it('ends after 14 days, renewed or not', async () => {
    let { body } = await exchange(await code());
    for (let day = 0; day < 13; day += 1) {
      clock.advance(DAY);
      ({ body } = await refresh(body['refresh_token']));
    }
    clock.advance(DAY);
    expect((await refresh(body['refresh_token'])).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('lets a token do what was agreed to', async () => {
    const scope = 'atproto repo:app.bsky.feed.post?action=create rpc:com.atproto.repo.uploadBlob?aud=*';
    const id = `http://localhost?${new URLSearchParams({ redirect_uri: 'http://127.0.0.1/callback', scope })}`;
    const { body } = await exchange(await code(scope), { client_id: id });
    const token = String(body['access_token']);
    const call = (path: string, options?: Parameters<typeof ask>[1]) =>
      withKey(`${home}/xrpc/${path}`, token, options);
    expect((await call('com.atproto.server.getSession')).body).toEqual({
      did,
      handle: 'creator.bsky.social',
      active: true,
    });
    const auth = 'com.atproto.server.getServiceAuth?aud=did:web:morel.us-east.host.bsky.network&lxm=';
    expect((await call(`${auth}com.atproto.repo.uploadBlob`)).status).toBe(200);
    expect((await call(`${auth}app.bsky.video.getUploadLimits`)).body).toMatchObject({
      error: 'ScopeMissingError',
    });
    const write = (method: string) =>
      call(`com.atproto.repo.${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          repo: did,
          collection: 'app.bsky.feed.post',
          rkey: '3m66fxuzc2s2a',
          record: { text: 'x', createdAt: new Date().toISOString() },
        }),
      });
    expect((await write('createRecord')).status).toBe(200);
    // Putting may change what is there: that is another right.
    expect((await write('putRecord')).body).toMatchObject({ error: 'ScopeMissingError' });
    const file = { method: 'POST', headers: { 'content-type': 'video/mp4' }, body: clip };
    expect((await call('com.atproto.repo.uploadBlob', file)).body['message']).toBe(
      'Missing required scope "blob:video/mp4"',
    );
    // Bound to its key: as a bearer it is nothing.
    const bearer = await ask(`${home}/xrpc/com.atproto.server.getSession`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([bearer.status, bearer.body]).toEqual([
      400,
      { error: 'InvalidToken', message: 'Malformed token' },
    ]);
  });
});
