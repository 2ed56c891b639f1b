import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/core/clock.ts';
import { threads } from '../../src/platforms/threads.ts';
import { threadsSignIn } from '../../src/platforms/threads-sign-in.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { openFetchStage, textOf } from './threads-stage.ts';

/** Meta's own collection of requests: see test/fixtures/threads/README.md. */
interface Collection {
  requests: { name: string; method: string; path: string; query: string[]; responses: unknown[] }[];
  variables: Record<string, string>;
}

const file = new URL('../fixtures/threads/threads-api.postman.subset.json', import.meta.url);
const { requests, variables } = JSON.parse(readFileSync(file, 'utf8')) as Collection;

/** Where the collection sends its token. */
const everywhere = ['access_token', 'fields'];
/** Parameters of lists that the collection names on the list alone. */
const fieldsOf: Readonly<Record<string, string>> = {
  '/me': 'fields_profile',
  '/me/threads': 'fields_threads',
  '/me/threads_publishing_limit': 'fields_quota',
  '/{{container_id}}': 'fields_container',
  '/{{thread_id}}': 'fields_threads',
};

/** The request of the collection that this one is, and what is wrong with it. */
function judge(request: SimRequest, accountId: string): { name: string; problems: string[] } {
  const params = [...request.query, ...new URLSearchParams(request.body.toString())];
  const asked = request.query.get('fields')?.split(',') ?? [];
  const known = (variable: string) => (variables[variable] ?? '').replace(/\{[^}]*\}/gu, '').split(',');
  const path = request.path
    .replace(/^\/v1\.0/u, '')
    .replace(`/${accountId}`, '/me')
    .replace(
      /^\/\d+$/u,
      asked.some((name) => ['status', 'error_message'].includes(name))
        ? '/{{container_id}}'
        : '/{{thread_id}}',
    );
  const found = requests.find((one) => one.method === request.method && one.path === path);
  if (!found) return { name: '', problems: [`${request.method} ${path} is not in the collection`] };
  const problems = params
    .filter(([name]) => !found.query.includes(name) && !everywhere.includes(name))
    .map(([name]) => `${found.name}: ${name} is not in the collection`);
  const fields = known(fieldsOf[path] ?? '');
  problems.push(
    ...asked.filter((name) => !fields.includes(name)).map((name) => `${found.name}: no field ${name}`),
  );
  const control = params.find(([name]) => name === 'reply_control')?.[1];
  if (control !== undefined && !known('reply_control').includes(control))
    problems.push(`${found.name}: reply_control is ${control}`);
  return { name: found.name, problems };
}

describe('every request to Threads is one of Meta’s own collection', () => {
  it('from the sign-in to the list of posts', async () => {
    const stage = openFetchStage(threads, threadsSignIn);
    const signedIn = await stage.login();
    const { http, account, grant } = signedIn;
    await threads.readLimits?.({ http, account, clock: stage.clock });
    await stage.quirks({ publishAnswers: ['posted-500'] });
    const options = { replyControl: 'followers_only', altText: 'A dog', spoiler: true };
    await stage.publish(signedIn, { text: textOf('Hello', 'one'), options });
    await stage.publish(signedIn, { text: textOf('Again') });
    stage.clock.advance(DAY);
    await threadsSignIn.refresh?.({ http, app: stage.app, clock: stage.clock, grant, account });
    const calls = stage.seen.filter(({ origin }) => origin === 'https://graph.threads.net');
    const verdicts = calls.map((request) => judge(request, account.remoteId));
    expect(verdicts.flatMap(({ problems }) => problems)).toEqual([]);
    // Nothing of the collection's part is left out.
    expect([...new Set(verdicts.map(({ name }) => name))].sort()).toEqual(
      requests.map(({ name }) => name).sort(),
    );
  });

  it('and the judge sees what is wrong', () => {
    const request = (method: string, path: string, body = '', query = ''): SimRequest => ({
      origin: 'https://graph.threads.net',
      method,
      path: `/v1.0/${path}`,
      query: new URLSearchParams(query),
      headers: {},
      body: Buffer.from(body),
      complete: true,
    });
    expect(judge(request('POST', '1/threads', 'caption=x&media_type=VIDEO'), '1').problems).toHaveLength(1);
    expect(judge(request('POST', '1/threads', 'reply_control=nobody'), '1').problems).toHaveLength(1);
    expect(judge(request('GET', '55', '', 'fields=id,status,status_code'), '1').problems).toHaveLength(1);
    expect(judge(request('POST', '1/media_publish', 'creation_id=2'), '1').problems).toHaveLength(1);
  });
});

describe('what simulated Threads answers is what the collection shows', () => {
  it('in every field that the collection’s samples have, and no other', async () => {
    const stage = openFetchStage(threads, threadsSignIn);
    const signedIn = await stage.login();
    const { account, grant } = signedIn;
    await stage.publish(signedIn);
    stage.clock.advance(MINUTE);
    const read = async (path: string, fields: string) => {
      const answer = await stage.sandbox.dispatch({
        origin: 'https://graph.threads.com',
        method: 'GET',
        path: `/v1.0/${path}`,
        query: new URLSearchParams({ fields }),
        headers: { authorization: `Bearer ${grant.accessToken}` },
        body: Buffer.alloc(0),
        complete: true,
      });
      if ('cut' in answer) throw new Error(answer.cut);
      return JSON.parse(answer.body.toString()) as Record<string, unknown>;
    };
    const sample = (name: string) =>
      requests.find((one) => one.name === name)?.responses[0] as Record<string, unknown>;
    const listed = (await read(
      'me/threads',
      'id,media_product_type,media_type,permalink,username,text,timestamp,shortcode',
    )) as {
      data: Record<string, unknown>[];
    };
    const { data } = sample("Get a List of All a User's Threads") as { data: Record<string, unknown>[] };
    expect(Object.keys(data[0] ?? {})).toEqual(expect.arrayContaining(Object.keys(listed.data[0] ?? {})));
    expect(String(listed.data[0]?.['timestamp'])).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/u);
    const quota = (await read(
      'me/threads_publishing_limit',
      'quota_usage,config,reply_quota_usage,reply_config',
    )) as {
      data: unknown[];
    };
    const shape = sample('Retrieve Publishing Quota Limit') as { data: [object] };
    expect(quota.data[0]).toEqual({ ...shape.data[0], quota_usage: 1 });
    expect(Object.keys(sample("Get App-Scoped User's Profile Information"))).toEqual(
      expect.arrayContaining(Object.keys(await read(account.remoteId, 'id,username,name'))),
    );
  });
});
