import { request } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { type Door, type DoorOptions, openDoor } from '../../src/web/door.ts';
import { openHouse } from '../../src/web/server.ts';
import { openWebBench, type WebBench } from './bench.ts';

let bench: WebBench;
let door: Door | undefined;

afterEach(async () => {
  await door?.close();
  door = undefined;
  await bench.close();
});

async function open(options: Partial<DoorOptions> = {}, isReady = () => true) {
  bench = await openWebBench();
  let loads = 0;
  door = await openDoor(
    { address: '127.0.0.1:0', publicOrigin: '', tlsCert: '', tlsKey: '', ...options },
    { ...bench.deps, isReady },
    (deps) => {
      loads += 1;
      return openHouse(deps);
    },
  );
  return { origin: door.origin, loads: () => loads };
}

function ask(origin: string, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>(
    (resolve, reject) => {
      const sent = request(`${origin}${path}`, { headers, method }, (answer) => {
        let text = '';
        answer.on('data', (data: Buffer) => {
          text += data.toString();
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      });
      sent.on('error', reject);
      sent.end();
    },
  );
}

it('says that it lives and when it is ready, and loads nothing for that', async () => {
  let ready = false;
  const { origin, loads } = await open({}, () => ready);
  expect((await ask(origin, '/livez')).status).toBe(200);
  expect((await ask(origin, '/readyz')).status).toBe(503);
  ready = true;
  expect((await ask(origin, '/readyz')).status).toBe(200);
  expect(loads()).toBe(0);
  expect((await ask(origin, '/api/v1/session')).status).toBe(401);
  expect(loads()).toBe(1);
});

it('answers by its own names only, and to no other page', async () => {
  const { origin } = await open();
  const { port } = new URL(origin);
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
    expect((await ask(origin, '/livez', { host })).status).toBe(200);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    `127.0.0.1.evil.example:${port}`,
  ]) {
    const answer = await ask(origin, '/livez', { host });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'E_API_ORIGIN' });
  }
  expect((await ask(origin, '/livez', { origin: 'https://evil.example' })).status).toBe(403);
  expect((await ask(origin, '/livez', { origin: 'null' })).status).toBe(403);
  expect((await ask(origin, '/livez', { origin })).status).toBe(200);
  const crossSite = { 'sec-fetch-site': 'cross-site' };
  expect((await ask(origin, '/api/v1/session', crossSite, 'DELETE')).status).toBe(403);
});

it('sends headers that keep a browser from doing anything else, also with a refusal', async () => {
  const { origin } = await open();
  for (const answer of [await ask(origin, '/'), await ask(origin, '/livez', { host: 'evil.example' })]) {
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers['content-security-policy']).not.toContain('unsafe');
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    });
  }
});

it('listens where others can reach it only with TLS or a proxy that gives it', async () => {
  await expect(open({ address: '0.0.0.0:0' })).rejects.toMatchObject({ code: 'E_CONFIG' });
  await bench.close();
  const { origin } = await open({ address: '0.0.0.0:0', publicOrigin: 'https://repost.example' });
  const port = new URL(origin).port;
  const answer = await ask(`http://127.0.0.1:${port}`, '/livez', { host: 'repost.example' });
  expect(answer.status).toBe(200);
  expect(answer.headers['strict-transport-security']).toBeDefined();
});

it('says which address is taken', async () => {
  const { origin } = await open();
  const address = new URL(origin).host;
  await expect(
    openDoor({ address, publicOrigin: '', tlsCert: '', tlsKey: '' }, bench.deps, openHouse),
  ).rejects.toMatchObject({ code: 'E_PORT_TAKEN' });
});

it('tells the metrics without loading more, and knows whether only this machine can ask', async () => {
  bench = await openWebBench();
  const asked: boolean[] = [];
  const metrics = async (local: boolean) => {
    asked.push(local);
    return local ? 'repost_jobs 1\n' : undefined;
  };
  const load = () => Promise.reject(new Error('loaded'));
  const options = { address: '127.0.0.1:0', publicOrigin: '', tlsCert: '', tlsKey: '' };
  door = await openDoor(options, { ...bench.deps, metrics }, load);
  const answer = await ask(door.origin, '/metrics');
  expect([answer.status, answer.text]).toEqual([200, 'repost_jobs 1\n']);
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  await door.close();
  door = await openDoor(
    { ...options, publicOrigin: 'https://repost.example' },
    { ...bench.deps, metrics },
    load,
  );
  expect((await ask(door.origin, '/metrics')).status).toBe(404);
  expect(asked).toEqual([true, false]);
});

it('says so where the metrics can’t be read', async () => {
  bench = await openWebBench();
  const metrics = () => Promise.reject(new Error('the disk is gone'));
  const options = { address: '127.0.0.1:0', publicOrigin: '', tlsCert: '', tlsKey: '' };
  door = await openDoor(options, { ...bench.deps, metrics }, () => Promise.reject(new Error('loaded')));
  expect((await ask(door.origin, '/metrics')).status).toBe(500);
  expect(bench.complaints).toHaveLength(1);
});
