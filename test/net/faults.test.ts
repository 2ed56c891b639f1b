import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { generate } from 'selfsigned';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ErrorCode } from '../../src/core/codes.ts';
import { Failure } from '../../src/core/failure.ts';
import { networkFailure } from '../../src/net/faults.ts';
import { toResponse } from '../../src/net/request.ts';
import type { RawRequest, Transport } from '../../src/net/wire.ts';
import { api, get, httpServer, onHead, post, tcpServer, transportTo } from './servers.ts';

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

/** Serves one fault and says what the transport makes of it. */
async function against(fault: (socket: Socket) => void, request: RawRequest = post()): Promise<Failure> {
  const { url } = await tcpServer(fault);
  const transport = transportTo(url, { headersTimeoutMs: 900, bodyTimeoutMs: 900 });
  return failureOf(transport.send(request));
}

const say = (text: string) => (socket: Socket) => onHead(socket, () => socket.write(text));
const sayAndEnd = (text: string) => (socket: Socket) => onHead(socket, () => socket.end(text));
const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

describe('after the request has left, the outcome is open', () => {
  const rows: [string, (socket: Socket) => void, ErrorCode, RegExp][] = [
    ['closed without an answer', sayAndEnd(''), 'E_NO_ANSWER', /closed before/],
    ['reset', (socket) => onHead(socket, () => socket.resetAndDestroy()), 'E_NO_ANSWER', /closed before/],
    ['half a head', sayAndEnd('HTTP/1.1 200 OK\r\nContent-'), 'E_NO_ANSWER', /./],
    [
      'a body cut short',
      sayAndEnd(`${head}Content-Length: 99\r\n\r\n{"id":`),
      'E_NO_ANSWER',
      /closed|length/,
    ],
    [
      'a chunked body cut short',
      sayAndEnd(`${head}Transfer-Encoding: chunked\r\n\r\n6\r\n{"id":\r\n`),
      'E_NO_ANSWER',
      /./,
    ],
    ['a bad chunk', say(`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`), 'E_NO_ANSWER', /valid HTTP/],
    ['a negative length', say(`${head}Content-Length: -5\r\n\r\n{}`), 'E_NO_ANSWER', /valid HTTP/],
    ['garbage', say('\u0000\u0001 hello there\r\n\r\n'), 'E_NO_ANSWER', /valid HTTP/],
    [
      'two lengths',
      say(`${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`),
      'E_NO_ANSWER',
      /length|valid HTTP/,
    ],
    ['silence', say(''), 'E_NO_ANSWER', /no answer began/],
    ['a head and then silence', say(`${head}Content-Length: 9\r\n\r\n{`), 'E_NO_ANSWER', /stood still/],
  ];

  test.each(rows)('%s', async (_, fault, code, message) => {
    const failure = await against(fault);
    expect(failure).toMatchObject({ code, kind: 'retry', certain: false });
    expect(failure.message).toMatch(message);
    expect(failure.message).toContain('api.example.com');
  });

  test('a body without a length that ends early looks whole: only its JSON tells', async () => {
    const { url } = await tcpServer(sayAndEnd(`${head}\r\n{"id":"12`));
    const answer = await transportTo(url).send(post());
    expect(answer.status).toBe(200);
    const failure = await failureOf(Promise.resolve().then(() => toResponse(answer, 'https://x').json()));
    expect(failure).toMatchObject({ code: 'E_BAD_ANSWER', kind: 'retry', certain: false });
    expect(failure.message).not.toContain('"id"');
  });

  test('a drip of bytes ends at the overall deadline', async () => {
    const drip = (socket: Socket) =>
      onHead(socket, () => {
        socket.write(`${head}Content-Length: 1000\r\n\r\n`);
        const timer = setInterval(() => socket.write('x'), 50);
        socket.on('close', () => clearInterval(timer));
      });
    const failure = await against(drip, post({ timeoutMs: 700 }));
    expect(failure).toMatchObject({ code: 'E_NO_ANSWER', certain: false });
    expect(failure.message).toContain('0.7 s');
  });

  test('a connection closed while idle hurts no effect: it gets its own', async () => {
    let connections = 0;
    const { url } = await tcpServer((socket) => {
      connections += 1;
      onHead(socket, () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'));
    });
    const transport = transportTo(url);
    await transport.send(get());
    for (let round = 0; round < 3; round += 1) await transport.send(post({ effect: true }));
    expect(connections).toBe(4);
  });
});

describe('before the request has left, nothing was done', () => {
  test('refused', async () => {
    const failure = await failureOf(transportTo('http://127.0.0.1:1').send(post()));
    expect(failure).toMatchObject({ code: 'E_NETWORK', kind: 'retry', certain: true });
    expect(failure.message).toBe('api.example.com refused the connection.');
  });

  test('a name that does not exist', async () => {
    const failure = await failureOf(transportTo('http://nowhere.invalid').send(post()));
    expect(failure).toMatchObject({ code: 'E_NETWORK', certain: true });
    expect(failure.message).toMatch(/could not be resolved \(DNS/);
  });

  test('a connection that is never taken', async () => {
    const { port } = await fullServer();
    const transport = transportTo(`http://127.0.0.1:${port}`, { connectTimeoutMs: 300 });
    const failure = await failureOf(transport.send(post({ timeoutMs: 10_000 })));
    expect(failure).toMatchObject({ code: 'E_NETWORK', certain: true });
    expect(failure.message).toMatch(/did not take the connection in time/);
  });

  test('the deadline while waiting for a connection: not sent, and not sent later either', async () => {
    const { port } = await fullServer();
    const knocking = transportTo(`http://127.0.0.1:${port}`, { connectTimeoutMs: 5000 });
    expect(await failureOf(knocking.send(post({ timeoutMs: 200 })))).toMatchObject({
      code: 'E_NETWORK',
      certain: true,
    });

    const asked: (string | undefined)[] = [];
    const waiting: (() => void)[] = [];
    const { url } = await httpServer((request, response) => {
      asked.push(request.url);
      if (request.url === '/first') waiting.push(() => response.end('{}'));
      else response.end('{}');
    });
    const transport = transportTo(url, { connections: 1 });
    const first = transport.send(get('/first'));
    const late = await failureOf(transport.send(post({ url: `${api}/late`, timeoutMs: 300 })));
    expect(late).toMatchObject({ code: 'E_NETWORK', certain: true });
    for (const answer of waiting) answer();
    await first;
    await transport.send(get('/last'));
    expect(asked).toEqual(['/first', '/last']);
  });

  test('plain words in place of TLS', async () => {
    const { url } = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const failure = await failureOf(transportTo(url.replace('http:', 'https:')).send(post()));
    expect(failure).toMatchObject({ code: 'E_NETWORK', certain: true });
    expect(failure.message).toMatch(/secure connection|broke the connection off/);
  });

  test('reset during the TLS handshake', async () => {
    const { url } = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const failure = await failureOf(transportTo(url.replace('http:', 'https:')).send(post()));
    expect(failure).toMatchObject({ code: 'E_NETWORK', certain: true });
  });

  test('certificates are said plainly', async () => {
    const selfSigned = await selfSignedServer();
    expect(await failureOf(selfSigned.send(post()))).toMatchObject({
      code: 'E_NETWORK',
      certain: true,
      message: 'api.example.com: its certificate is self-signed.',
      hint: expect.stringContaining('clock'),
    });
    const rows: [string, RegExp][] = [
      ['CERT_HAS_EXPIRED', /has expired/],
      ['CERT_NOT_YET_VALID', /not valid yet/],
      ['ERR_TLS_CERT_ALTNAME_INVALID', /another name/],
      ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /does not trust/],
      ['CERT_REVOKED', /CERT_REVOKED/],
    ];
    for (const [code, message] of rows) {
      const failure = networkFailure(Object.assign(new Error('x'), { code }), { host: 'h', sent: false });
      expect(failure).toMatchObject({
        code: 'E_NETWORK',
        certain: true,
        message: expect.stringMatching(message),
      });
    }
  });

  test('an aborted signal', async () => {
    const { url } = await tcpServer(() => {});
    const transport = transportTo(url);
    const early = await failureOf(transport.send(post({ signal: AbortSignal.abort() })));
    expect(early).toMatchObject({ code: 'E_INTERRUPTED', certain: true });
    const controller = new AbortController();
    const { url: silent } = await tcpServer((socket) => onHead(socket, () => controller.abort()));
    const late = await failureOf(transportTo(silent).send(post({ signal: controller.signal })));
    expect(late).toMatchObject({ code: 'E_INTERRUPTED', certain: false });
  });

  test('a mistake of our own is called one', async () => {
    const failure = await failureOf(
      transportTo('http://127.0.0.1:1').send(post({ headers: { 'bad name': 'x' } })),
    );
    expect(failure.code).toBe('E_INTERNAL');
    expect(failure.message).not.toContain('bad name');
  });
});

/** A listener that accepts nobody: its short queue is filled, and further knocks are dropped by the kernel. */
async function fullServer(): Promise<{ port: number }> {
  const script = `
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port));
      // From here on this process accepts nothing: its loop never turns again.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(String(text));
  for (let n = 0; n < 8; n += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    if (n < 2) await once(socket, 'connect');
  }
  return { port };
}

async function selfSignedServer(): Promise<Transport> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
  });
  const server = createTlsServer({ key: made.private, cert: made.cert }, (socket) =>
    socket.on('error', () => {}),
  );
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return transportTo(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test('the table is that of the installed undici', () => {
  const { version } = JSON.parse(readFileSync('node_modules/undici/package.json', 'utf8')) as {
    version: string;
  };
  expect(version).toBe('7.30.2');
});
