import { createReadStream } from 'node:fs';
import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { sayCost } from './client.ts';
import { packageAt } from './references.ts';

interface YouTube {
  youtube(options: object): {
    videos: { insert(params: object, options: object): Promise<{ status: number }> };
  };
}

interface Twitter {
  TwitterApi: new (
    keys: object,
    settings: object,
  ) => { v1: { uploadMedia(path: string, options: object): Promise<string> } };
}

/** One upload by somebody else’s package at its defaults, in a process of its own; says what it cost. */
export async function runPeer(way: string, origin: string, path: string, root: string): Promise<void> {
  const upload = way === 'googleapis' ? googleapis(origin, root) : twitter(origin, root);
  const from = performance.now();
  await upload(path);
  sayCost(performance.now() - from);
}

/** https://github.com/googleapis/google-api-nodejs-client */
function googleapis(origin: string, root: string) {
  const { youtube } = needed<YouTube>(root, '@googleapis/youtube');
  return async (path: string) => {
    const { status } = await youtube({ version: 'v3', auth: 'bench' }).videos.insert(
      {
        part: ['snippet'],
        requestBody: { snippet: { title: 'A' } },
        media: { mimeType: 'video/mp4', body: createReadStream(path) },
      },
      // Only here it is heeded for uploads.
      { rootUrl: `${origin}/` },
    );
    if (status !== 200) throw new Error(`status ${status}`);
  };
}

/** https://github.com/PLhery/node-twitter-api-v2: knows no other server, so its connections are led to this one. */
function twitter(origin: string, root: string) {
  const { TwitterApi } = needed<Twitter>(root, 'twitter-api-v2');
  const port = Number(new URL(origin).port);
  const httpAgent = new Agent({ keepAlive: true });
  Object.assign(httpAgent, {
    createConnection: (options: object) =>
      connect({ ...options, host: 'localhost', port, servername: 'localhost' }),
  });
  const keys = { appKey: 'a', appSecret: 'b', accessToken: 'c', accessSecret: 'd' };
  const client = new TwitterApi(keys, { httpAgent });
  return async (path: string) => {
    await client.v1.uploadMedia(path, { mimeType: 'video/mp4', target: 'tweet', longVideo: true });
  };
}

function needed<Shape>(root: string, name: string): Shape {
  const found = packageAt<Shape>(root, name);
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}
