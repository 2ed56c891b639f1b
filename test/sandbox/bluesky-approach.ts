import { nonce, proof } from './bluesky-proof.ts';
import type { Subject } from './bluesky-subjects.ts';

/** Without an account, and the first steps of a sign-in in the browser. */
export async function approach(subject: Pick<Subject, 'origin' | 'send'>): Promise<Record<string, unknown>> {
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
