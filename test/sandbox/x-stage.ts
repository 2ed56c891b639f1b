import { SECOND, TestClock } from '../../src/core/clock.ts';
import { challengeOf } from '../../src/sandbox/oauth.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { type Answer, createSandbox } from '../../src/sandbox/sandbox.ts';
import { createX } from '../../src/sandbox/x.ts';

const verifier = 'a-verifier-that-is-as-long-as-it-has-to-be-000';
const redirectUri = 'http://127.0.0.1:8765/callback';
const all = 'tweet.read tweet.write users.read media.write offline.access';

type Ask = {
  query?: Record<string, string>;
  json?: unknown;
  form?: Record<string, string>;
  token?: string;
  headers?: Record<string, string>;
  body?: Buffer;
  origin?: string;
};

/** The simulated X, asked by hand. */
export function open() {
  const clock = new TestClock();
  const sandbox = createSandbox({ clock, seed: 1, simulators: [createX] });
  async function ask(
    method: string,
    path: string,
    { query, json, form, token, headers, body, origin }: Ask = {},
  ) {
    const content =
      json !== undefined ? JSON.stringify(json) : form ? new URLSearchParams(form).toString() : (body ?? '');
    const type = json !== undefined ? 'application/json' : 'application/x-www-form-urlencoded';
    const answer = await sandbox.dispatch({
      origin: origin ?? 'https://api.x.com',
      method,
      path,
      query: new URLSearchParams(query),
      headers: {
        ...(content.length > 0 ? { 'content-type': type } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body: Buffer.from(content),
      complete: true,
    });
    return answer as Answer;
  }
  const parsed = (answer: Answer) =>
    JSON.parse(answer.body.toString()) as Record<string, never> & { data: { id: string } };
  async function code(scope = all) {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'sandbox-x-id',
      redirect_uri: redirectUri,
      scope,
      state: 's',
      code_challenge: challengeOf(verifier, 'S256'),
      code_challenge_method: 'S256',
    });
    const { redirectedTo } = await approveWithin(sandbox, `https://x.com/i/oauth2/authorize?${query}`);
    return new URL(redirectedTo).searchParams.get('code')!;
  }
  const exchange = (text: string) =>
    ask('POST', '/2/oauth2/token', {
      form: {
        grant_type: 'authorization_code',
        client_id: 'sandbox-x-id',
        code: text,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      },
    });
  const signIn = async (scope = all) =>
    parsed(await exchange(await code(scope))) as unknown as { access_token: string; refresh_token?: string };
  const lever = (name: string, input?: unknown) => sandbox.control('x', name, input);
  async function upload(token: string, bytes: Buffer) {
    const made = parsed(
      await ask('POST', '/2/media/upload/initialize', {
        token,
        json: { media_type: 'video/mp4', total_bytes: bytes.length, media_category: 'tweet_video' },
      }),
    );
    const { id } = made.data;
    await ask('POST', `/2/media/upload/${id}/append`, {
      token,
      json: { segment_index: 0, media: bytes.toString('base64') },
    });
    await ask('POST', `/2/media/upload/${id}/finalize`, { token });
    clock.advance(10 * SECOND);
    return id;
  }
  const post = (token: string, json: unknown) => ask('POST', '/2/tweets', { token, json });
  return { clock, sandbox, ask, parsed, code, exchange, signIn, lever, upload, post };
}
