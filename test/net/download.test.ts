import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { isPublicAddress, isPublicHost, publicLookup } from '../../src/net/addresses.ts';
import type { DownloadRequest } from '../../src/net/download.ts';
import { download } from '../../src/net/download.ts';
import { noOrigins, originMap } from '../../src/net/origins.ts';
import { undiciTransport } from '../../src/net/transport.ts';
import { api, httpServer, onHead, tcpServer } from './servers.ts';

function into(mapped: string | undefined, more: Partial<DownloadRequest> = {}): DownloadRequest {
  const folder = mkdtempSync(join(tmpdir(), 'repost-download-'));
  const origins = mapped === undefined ? noOrigins : originMap({ [api]: mapped });
  const transport = undiciTransport({ origins });
  onTestFinished(async () => {
    rmSync(folder, { recursive: true, force: true });
    await transport.close();
  });
  return {
    transport,
    origins,
    clock: new TestClock(),
    url: `${api}/video.mp4`,
    path: join(folder, 'video.mp4'),
    maxBytes: 10 * 2 ** 20,
    timeoutMs: 5000,
    ...more,
  };
}

test('a file arrives whole, with its hash, its progress and through redirects', async () => {
  const bytes = randomBytes(3_000_000);
  const { url } = await httpServer((request, response) => {
    if (request.url === '/video.mp4') response.writeHead(302, { location: '/b?x=1' }).end('moved');
    else if (request.url === '/b?x=1') response.writeHead(307, { location: `${api}/c` }).end();
    else response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': bytes.length }).end(bytes);
  });
  const progress: (number | undefined)[] = [];
  const request = into(url, { onProgress: (got, all) => progress.push(got, all) });
  const got = await download(request);
  expect(got).toEqual({
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    contentType: 'video/mp4',
  });
  expect(Buffer.compare(readFileSync(request.path), bytes)).toBe(0);
  expect(progress.slice(-2)).toEqual([bytes.length, bytes.length]);
});

test('what is too big, announced or not, is stopped and leaves no file', async () => {
  const { url } = await httpServer((request, response) => {
    if (request.url === '/announced') response.writeHead(200, { 'content-length': 5000 });
    response.end(Buffer.alloc(5000));
  });
  for (const path of ['announced', 'unannounced']) {
    const request = into(url, { url: `${api}/${path}`, maxBytes: 4999 });
    await expect(download(request)).rejects.toMatchObject({ code: 'E_MEDIA_UNFIT', kind: 'reject' });
    expect(existsSync(request.path)).toBe(false);
  }
});

test('what is cut short, compressed, missing or turns in circles fails and leaves no file', async () => {
  const { url } = await tcpServer((socket) =>
    onHead(socket, (head) => {
      if (head.startsWith('GET /cut')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this');
      else if (head.startsWith('GET /gzip'))
        socket.end(
          Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n'), gzipSync('x')]),
        );
      else if (head.startsWith('GET /gone'))
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone');
      else socket.end(`HTTP/1.1 302 Found\r\nLocation: ${api}/round\r\nContent-Length: 0\r\n\r\n`);
    }),
  );
  const rows = { cut: 'E_NO_ANSWER', gzip: 'E_BAD_ANSWER', gone: 'E_REFUSED', round: 'E_BAD_ANSWER' };
  for (const [path, code] of Object.entries(rows)) {
    const request = into(url, { url: `${api}/${path}` });
    await expect(download(request), path).rejects.toMatchObject({ code });
    expect(existsSync(request.path)).toBe(false);
  }
});

test('links that lead inside are not followed: no spelling of a literal, no name, no open connection', async () => {
  let asked = 0;
  const { port } = await httpServer((_, response) => {
    asked += 1;
    response.end('the secret page');
  });
  const hosts = [
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '017700000001',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0',
    'localhost',
    'LOCALHOST.',
    'a.localhost',
    '169.254.169.254',
    '[fd00::1]',
    'metadata.google.internal',
  ];
  for (const host of hosts)
    for (const scheme of ['http', 'https'])
      await expect(
        download(into(undefined, { url: `${scheme}://${host}:${port}/` })),
        host,
      ).rejects.toMatchObject({
        code: 'E_REFUSED',
        certain: true,
      });
  await expect(download(into(undefined, { url: 'http://example.com/v.mp4' }))).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('not https'),
  });
  await expect(download(into(undefined, { url: 'file:///etc/passwd' }))).rejects.toMatchObject({
    code: 'E_REFUSED',
  });
  expect(asked).toBe(0);
});

test('a redirect is looked at like the first link', async () => {
  let asked = 0;
  const inside = await httpServer((_, response) => {
    asked += 1;
    response.end('the secret page');
  });
  const { url } = await httpServer((_, response) => response.writeHead(302, { location: inside.url }).end());
  await expect(download(into(url))).rejects.toMatchObject({ code: 'E_REFUSED' });
  expect(asked).toBe(0);
});

test('a name that resolves inside is refused by the connection itself', async () => {
  const { port } = await tcpServer((socket) => socket.end());
  const transport = undiciTransport();
  onTestFinished(() => transport.close());
  const through = transport.download({
    method: 'GET',
    url: `https://localhost:${port}/`,
    headers: {},
    timeoutMs: 5000,
    publicOnly: true,
    onHead: () => {},
    onData: () => {},
  });
  await expect(through).rejects.toMatchObject({ code: 'E_REFUSED', certain: true });
  const error = await new Promise<unknown>((resolve) =>
    publicLookup('localhost', {}, (reason) => resolve(reason)),
  );
  expect(error).toMatchObject({ code: 'REPOST_PRIVATE_ADDRESS' });
});

test('addresses of the public internet and others', () => {
  for (const address of ['8.8.8.8', '104.244.42.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::1'])
    expect(isPublicAddress(address), address).toBe(true);
  const others =
    '10.1.2.3 100.64.0.1 127.9.9.9 169.254.1.1 172.16.0.1 172.31.255.255 192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 0.0.0.0 :: ::1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: fc00::1 fe80::1%eth0 ff02::1 2001:db8::1 not-an-address';
  for (const address of others.split(' ')) expect(isPublicAddress(address), address).toBe(false);
  expect(isPublicHost(new URL('https://video.example.com/'))).toBe(true);
  expect(isPublicHost(new URL('https://printer.local/'))).toBe(false);
});
