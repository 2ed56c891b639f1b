import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/core/clock.ts';
import { threads } from '../../src/platforms/threads.ts';
import { threadsSignIn } from '../../src/platforms/threads-sign-in.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { judgeThreads, requests } from './threads-spec.ts';
import { openFetchStage, textOf } from './threads-stage.ts';

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
    const verdicts = calls.map((request) => judgeThreads(request, account.remoteId));
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
    expect(
      judgeThreads(request('POST', '1/threads', 'caption=x&media_type=VIDEO'), '1').problems,
    ).toHaveLength(1);
    expect(judgeThreads(request('POST', '1/threads', 'reply_control=nobody'), '1').problems).toHaveLength(1);
    expect(judgeThreads(request('GET', '55', '', 'fields=id,status,status_code'), '1').problems).toHaveLength(
      1,
    );
    expect(judgeThreads(request('POST', '1/media_publish', 'creation_id=2'), '1').problems).toHaveLength(1);
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
