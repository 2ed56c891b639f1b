import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { undiciTransport } from '../../src/net/transport.ts';
import { api, get, httpServer, onHead, post, tcpServer, transportTo } from './servers.ts';

test('the origins map is applied: path and query arrive behind the replacement, Host is the real one', async () => {
  const seen: (string | undefined)[] = [];
  const { url, port } = await httpServer((request, response) => {
    seen.push(request.url, request.headers.host);
    response.end('{}');
  });
  await transportTo(`${url}/api.example.com`).send(get('/v1/me?fields=a%2Cb'));
  expect(seen).toEqual(['/api.example.com/v1/me?fields=a%2Cb', `127.0.0.1:${port}`]);
});

test('ordinary calls share connections, effects never do', async () => {
  const used: { socket: unknown; connection: string | undefined }[] = [];
  const { url } = await httpServer((request, response) => {
    used.push({ socket: request.socket, connection: request.headers.connection });
    response.end('{}');
  });
  const transport = transportTo(url);
  for (let call = 0; call < 8; call += 1) await transport.send(get());
  const kept = used.splice(0);
  // undici lets a socket rest for one turn of the loop, so that two are used by turns.
  expect(new Set(kept.map(({ socket }) => socket)).size).toBeLessThanOrEqual(2);
  expect(new Set(kept.map(({ connection }) => connection))).toEqual(new Set(['keep-alive']));
  for (let call = 0; call < 4; call += 1) await transport.send(post({ effect: true }));
  expect(new Set(used.map(({ socket }) => socket)).size).toBe(4);
  expect(used.some(({ socket }) => kept.some((other) => other.socket === socket))).toBe(false);
  expect(new Set(used.map(({ connection }) => connection))).toEqual(new Set(['close']));
});

test('answers in gzip, br, both kinds of deflate and several at once are read', async () => {
  const text = JSON.stringify({ text: 'Grüße 🎬'.repeat(100) });
  const encoded: Record<string, Buffer> = {
    gzip: gzipSync(text),
    br: brotliCompressSync(text),
    deflate: deflateSync(text),
    'deflate, gzip': gzipSync(deflateRawSync(text)),
    identity: Buffer.from(text),
  };
  const { url } = await httpServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '').slice(1));
    response.setHeader('content-encoding', name);
    response.end(encoded[name]);
  });
  const transport = transportTo(url);
  for (const name of Object.keys(encoded))
    expect((await transport.send(get(`/${encodeURIComponent(name)}`))).text, name).toBe(text);
});

test('a compressed answer that is cut, broken, huge or of an unknown kind is a failure of its own', async () => {
  const bomb = gzipSync(Buffer.alloc(9 * 2 ** 20));
  const good = gzipSync('{"id":"1"}');
  const { url } = await httpServer((request, response) => {
    response.setHeader('content-encoding', request.url === '/odd' ? 'zstd' : 'gzip');
    if (request.url === '/cut') response.end(good.subarray(0, good.length - 12));
    else if (request.url === '/broken') response.end('no gzip at all');
    else response.end(request.url === '/bomb' ? bomb : good);
  });
  const transport = transportTo(url);
  await expect(transport.send(get('/cut'))).rejects.toMatchObject({ code: 'E_NO_ANSWER', certain: false });
  await expect(transport.send(get('/broken'))).rejects.toMatchObject({
    code: 'E_BAD_ANSWER',
    certain: false,
  });
  await expect(transport.send(get('/bomb'))).rejects.toMatchObject({ code: 'E_BAD_ANSWER', certain: false });
  await expect(transport.send(get('/odd'))).rejects.toMatchObject({ code: 'E_BAD_ANSWER', certain: false });
});

test('an answer past 8 MiB is not read to its end', async () => {
  let sent = 0;
  const { url } = await httpServer((_, response) => {
    const piece = Buffer.alloc(2 ** 20);
    const more = () => {
      if (response.destroyed || sent >= 200) return void response.end();
      sent += 1;
      response.write(piece, more);
    };
    more();
  });
  await expect(transportTo(url).send(get())).rejects.toMatchObject({ code: 'E_BAD_ANSWER', certain: false });
  expect(sent).toBeLessThan(100);
});

test('repeated headers are joined, names are in lower case, other charsets are decoded', async () => {
  const { url } = await tcpServer((socket) =>
    onHead(socket, () =>
      socket.end(
        Buffer.concat([
          Buffer.from(
            'HTTP/1.1 200 OK\r\nX-Limit: a\r\nx-limit: b\r\nSet-Cookie: c=1\r\nSet-Cookie: d=2\r\n' +
              'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Length: 4\r\n\r\n',
          ),
          Buffer.from([0xfc, 0x62, 0x65, 0x72]),
        ]),
      ),
    ),
  );
  const answer = await transportTo(url).send(get());
  expect(answer.headers).toMatchObject({ 'x-limit': 'a, b', 'set-cookie': 'c=1, d=2' });
  expect(answer.text).toBe('über');
});

test('redirects and 308 without a Location are answers; 1xx are none', async () => {
  const { url } = await tcpServer((socket) =>
    onHead(socket, (head) => {
      const status = /^GET \/(\d+)/.exec(head)?.[1];
      const early = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
      socket.end(`${early}HTTP/1.1 ${status} X\r\nLocation: ${api}/elsewhere\r\nContent-Length: 0\r\n\r\n`);
    }),
  );
  for (const status of [302, 308])
    expect((await transportTo(url).send(get(`/${status}`))).status).toBe(status);
});

test('HTTPS_PROXY is asked for https addresses only, never for this machine, nor where NO_PROXY says so', async () => {
  const asked: string[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  const options = {
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    noProxy: 'direct.invalid, .corp.invalid',
  };
  const transport = undiciTransport(options);
  onTestFinished(() => transport.close());
  const ask = (url: string, effect = false) => transport.send(post({ url, effect }));
  await expect(ask('https://api.example.com/x')).rejects.toMatchObject({
    code: 'E_NETWORK',
    certain: true,
    message: expect.stringContaining('407'),
  });
  await expect(ask('https://api.example.com/x', true)).rejects.toMatchObject({ certain: true });
  await expect(ask('https://direct.invalid/')).rejects.toMatchObject({ code: 'E_NETWORK' });
  await expect(ask('https://a.corp.invalid/')).rejects.toMatchObject({ code: 'E_NETWORK' });
  await expect(ask('https://127.0.0.1:1/')).rejects.toMatchObject({ code: 'E_NETWORK' });
  await expect(ask('http://plain.invalid/')).rejects.toMatchObject({ code: 'E_NETWORK' });
  expect(asked).toEqual(['api.example.com:443', 'api.example.com:443']);
});

test('through a proxy that opens the way the request arrives', async () => {
  const { port } = await httpServer((_, response) => response.end('{}'));
  const tunnels: string[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '');
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const transport = undiciTransport({ proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
  onTestFinished(() => transport.close());
  // The far end speaks no TLS: it is reached, and the handshake fails there and not at the proxy.
  await expect(transport.send(post({ url: 'https://api.example.com/x' }))).rejects.toMatchObject({
    code: 'E_NETWORK',
    certain: true,
    message: expect.not.stringContaining('proxy'),
  });
  expect(tunnels).toEqual(['api.example.com:443']);
});
