import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { createBucket } from '../../src/sandbox/bucket.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { signatureFault } from '../../src/sandbox/sigv4.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';

/** AWS's own examples: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
const keys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};
const at = Date.UTC(2013, 4, 24);
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function example(
  method: string,
  target: string,
  more: { headers?: Record<string, string>; signed?: string; signature?: string; body?: string },
): SimRequest {
  const url = new URL(target, 'https://examplebucket.s3.amazonaws.com');
  const { headers = {}, signed, signature, body = '' } = more;
  return {
    origin: url.origin,
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: {
      host: url.host,
      ...(signed
        ? {
            'x-amz-date': '20130524T000000Z',
            'x-amz-content-sha256': empty,
            authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signed},Signature=${signature}`,
          }
        : {}),
      ...headers,
    },
    body: Buffer.from(body),
    complete: true,
  };
}

const examples: Readonly<Record<string, SimRequest>> = {
  'an object with a range': example('GET', '/test.txt', {
    headers: { range: 'bytes=0-9' },
    signed: 'host;range;x-amz-content-sha256;x-amz-date',
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  }),
  'a file that is put': example('PUT', '/test$file.text', {
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    },
    signed: 'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    body: 'Welcome to Amazon S3.',
  }),
  'a list': example('GET', '/?max-keys=2&prefix=J', {
    signed: 'host;x-amz-content-sha256;x-amz-date',
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  }),
  'an address that is signed': example(
    'GET',
    '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    {},
  ),
};

describe('the bucket’s judgement of signatures', () => {
  it.each(Object.keys(examples))('agrees with AWS’s own example: %s', (name) => {
    expect(signatureFault(examples[name] as SimRequest, keys, at)).toBeUndefined();
  });

  it.each(Object.keys(examples))('refuses it for another method, path, key, time or region: %s', (name) => {
    const request = examples[name] as SimRequest;
    const fault = (change: Partial<SimRequest>, withKeys = keys, now = at) =>
      signatureFault({ ...request, ...change }, withKeys, now);
    expect(fault({ method: 'HEAD' })).toBe('SignatureDoesNotMatch');
    expect(fault({ path: '/other' })).toBe('SignatureDoesNotMatch');
    expect(fault({ headers: { ...request.headers, host: 'elsewhere' } })).toBe('SignatureDoesNotMatch');
    expect(fault({}, { ...keys, secretAccessKey: 'no' })).toBe('SignatureDoesNotMatch');
    expect(fault({}, { ...keys, accessKeyId: 'no' })).toBe('InvalidAccessKeyId');
    expect(fault({}, { ...keys, region: 'eu-west-1' })).toBe('AuthorizationHeaderMalformed');
    expect(fault({}, keys, at + 2 * 86_400_000)).toMatch(/RequestTimeTooSkewed|ExpiredSignature/u);
    expect(fault({ headers: { host: 'x' }, query: new URLSearchParams() })).toBe('AccessDenied');
  });

  it('refuses another body, and a header of its own that was not signed', () => {
    const put = examples['a file that is put'] as SimRequest;
    expect(signatureFault({ ...put, body: Buffer.from('Bye') }, keys, at)).toBe('XAmzContentSHA256Mismatch');
    const more = { ...put.headers, 'x-amz-acl': 'public-read' };
    expect(signatureFault({ ...put, headers: more }, keys, at)).toBe('SignatureDoesNotMatch');
  });
});

describe('the bucket', () => {
  it('answers in S3’s own words, and complains of whoever lists or gives names that can be guessed', async () => {
    const sandbox = createSandbox({ clock: new TestClock(), seed: 1, simulators: [createBucket] });
    const ask = async (path: string) => {
      const answer = await sandbox.dispatch({
        ...example('GET', path, {}),
        origin: 'https://s3.sandbox.example',
      });
      if ('cut' in answer) throw new Error(answer.cut);
      return { status: answer.status, text: answer.body.toString() };
    };
    const refused = await ask('/repost-videos/x.mp4');
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('<Code>AccessDenied</Code>');
    await sandbox.control('bucket', 'quirks', { publicRead: true, publicList: true });
    expect((await ask('/repost-videos/x.mp4')).text).toContain('<Code>NoSuchKey</Code>');
    expect((await ask('/elsewhere/x.mp4')).text).toContain('<Code>NoSuchBucket</Code>');
    expect((await ask('/repost-videos')).text).toContain('<ListBucketResult>');
    await expect(sandbox.control('bucket', 'quirks', { slowDowns: 'no' })).rejects.toThrow('no quirk');
  });
});
