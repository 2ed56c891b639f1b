import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { MultipartField } from '../../src/core/http.ts';
import { openBody } from '../../src/net/body.ts';
import { toRaw } from '../../src/net/request.ts';
import { api, httpServer, onHead, post, readAll, tcpServer, transportTo } from './servers.ts';

function fileOf(bytes: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'repost-upload-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'video.mp4');
  writeFileSync(path, bytes);
  return path;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('parts of a file arrive byte for byte, with their exact length and growing progress', async () => {
  const bytes = randomBytes(5 * 2 ** 20 + 12_345);
  const path = fileOf(bytes);
  const { url } = await httpServer(async (request, response) => {
    const body = await readAll(request);
    response.end(
      JSON.stringify({
        sha: sha256(body),
        length: request.headers['content-length'],
        coding: request.headers['transfer-encoding'],
      }),
    );
  });
  const transport = transportTo(url);
  for (const [start, end] of [
    [0, bytes.length],
    [0, 1],
    [2 ** 20, 2 ** 21],
    [777, 3 * 2 ** 20 + 5],
    [5, 5],
  ] as const) {
    const progress: number[] = [];
    const answer = await transport.send(
      post({ method: 'PUT', body: { path, start, end }, onProgress: (sent) => progress.push(sent) }),
    );
    const seen = JSON.parse(answer.text) as Record<string, string>;
    expect(seen).toEqual({ sha: sha256(bytes.subarray(start, end)), length: String(end - start) });
    expect(progress.at(-1) ?? 0).toBe(end - start);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  }
});

test('a body ends in a piece that every socket takes at once: an answer that is soon there costs no connection', async () => {
  const path = fileOf(randomBytes(3 * 2 ** 20));
  for (const end of [1, 2 ** 13, 2 ** 13 + 1, 2 ** 20 + 2 ** 12, 2 ** 20 + 2 ** 12 + 1, 3 * 2 ** 20]) {
    const body = await openBody({ path, start: 0, end });
    const lengths: number[] = [];
    for await (const piece of body.source as AsyncIterable<Uint8Array>) lengths.push(piece.length);
    await body.close();
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(end);
    expect(lengths.at(-1)).toBe(Math.min(end, 2 ** 13, end % (2 ** 20 + 2 ** 12) || 2 ** 13));
  }
});

test('a file on a slow disk, read beside the event loop, arrives byte for byte as well', async () => {
  const bytes = randomBytes(3 * 2 ** 20 + 5);
  const path = fileOf(bytes);
  let now = 0;
  // Each look at the time is a second later: every read was a slow one.
  const timer = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
  onTestFinished(() => timer.mockRestore());
  const opened = await openBody({ path, start: 3, end: bytes.length });
  const sent = await collect(opened.source);
  await opened.close();
  expect(now).toBeGreaterThan(0);
  expect(sha256(sent)).toBe(sha256(bytes.subarray(3)));
});

test('multipart bodies are what any parser of them expects', async () => {
  const bytes = randomBytes(200_000);
  const path = fileOf(bytes);
  const text = fc.string({ unit: 'grapheme', maxLength: 30 });
  const field = fc.oneof(
    fc.record({ name: text, value: text }),
    fc.record({ name: text, filename: text, value: fc.uint8Array({ maxLength: 50 }) }),
    fc
      .tuple(fc.nat(bytes.length), fc.nat(bytes.length))
      .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }))
      .map((range) => ({
        name: 'media',
        filename: 'v.mp4',
        contentType: 'video/mp4',
        value: { path, ...range },
      })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(field, { minLength: 1, maxLength: 5 }), async (fields: MultipartField[]) => {
      const raw = toRaw({ url: api, multipart: fields }, 1000);
      const opened = await openBody(raw.body);
      const sent = await collect(opened.source);
      await opened.close();
      expect(sent.length).toBe(opened.bytes);
      // The foreign parser: the one inside Node's fetch.
      const type = raw.headers['content-type'] ?? '';
      const form = await new Response(new Uint8Array(sent), { headers: { 'content-type': type } }).formData();
      const parts = [...form.entries()];
      expect(parts.length).toBe(fields.length);
      for (const [index, { name, value }] of fields.entries()) {
        const [gotName, got] = parts[index] ?? ['', ''];
        expect(gotName).toBe(name);
        if (typeof value === 'string') expect(got).toBe(value);
        else {
          const wanted = value instanceof Uint8Array ? value : bytes.subarray(value.start, value.end);
          const gotBytes = typeof got === 'string' ? Buffer.from(got) : Buffer.from(await got.arrayBuffer());
          expect(Buffer.compare(gotBytes, wanted)).toBe(0);
        }
      }
    }),
    { numRuns: 60 },
  );
});

async function collect(source: Uint8Array | AsyncIterable<Uint8Array> | null): Promise<Buffer> {
  if (source === null || source instanceof Uint8Array) return Buffer.from(source ?? []);
  const pieces: Buffer[] = [];
  // Copied at once: the buffers are used again.
  for await (const piece of source) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

test('a refusal before the upload has ended is read as the answer it is', async () => {
  const path = fileOf(Buffer.alloc(30 * 2 ** 20));
  const answer =
    'HTTP/1.1 413 Payload Too Large\r\nContent-Type: application/json\r\nContent-Length: 15\r\n' +
    'Connection: close\r\n\r\n{"error":"big"}';
  const ways = {
    'keeps reading': (socket: Socket) => onHead(socket, () => socket.write(answer)),
    'stops reading': (socket: Socket) =>
      onHead(socket, () => {
        socket.pause();
        socket.write(answer);
      }),
    'closes its half': (socket: Socket) => onHead(socket, () => socket.end(answer)),
  };
  for (const [name, way] of Object.entries(ways)) {
    const { url } = await tcpServer(way);
    const transport = transportTo(url);
    for (const effect of [false, true]) {
      const got = await transport.send(
        post({ method: 'PUT', effect, body: { path, start: 0, end: 30 * 2 ** 20 } }),
      );
      expect(got, `${name} ${effect}`).toMatchObject({ status: 413, text: '{"error":"big"}' });
    }
  }
});

test('no file stays open, however a request ends', async () => {
  const path = fileOf(Buffer.alloc(8 * 2 ** 20));
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const { url } = await tcpServer((socket) => onHead(socket, () => socket.resetAndDestroy()));
  const transport = transportTo(url);
  const upload = (timeoutMs: number) =>
    transport.send(post({ method: 'PUT', timeoutMs, body: { path, start: 0, end: 8 * 2 ** 20 } }));
  await upload(5000).catch(() => {});
  const before = openFiles();
  for (let round = 0; round < 20; round += 1) {
    await expect(upload(5000)).rejects.toMatchObject({ code: 'E_NO_ANSWER', certain: false });
    await expect(upload(1)).rejects.toMatchObject({ kind: 'retry' });
  }
  expect(openFiles()).toBeLessThanOrEqual(before + 1);
});

test('a file that is missing or too short is found before anything is sent', async () => {
  const path = fileOf(Buffer.alloc(10));
  let connections = 0;
  const { url } = await tcpServer(() => {
    connections += 1;
  });
  const transport = transportTo(url);
  const send = (body: { path: string; start: number; end: number }) => transport.send(post({ body }));
  await expect(send({ path: `${path}.gone`, start: 0, end: 1 })).rejects.toMatchObject({
    code: 'E_NO_MEDIA',
    kind: 'retry',
    certain: true,
  });
  await expect(send({ path, start: 0, end: 11 })).rejects.toMatchObject({
    code: 'E_NO_MEDIA',
    certain: true,
  });
  expect(connections).toBe(0);
});

test('a file that shrinks while it is sent ends the request, and the outcome is open', async () => {
  const path = fileOf(Buffer.alloc(20 * 2 ** 20));
  const { url } = await tcpServer((socket) => {
    socket.once('data', () => {
      truncateSync(path, 2 ** 20);
      socket.resume();
    });
  });
  const upload = transportTo(url).send(post({ body: { path, start: 0, end: 20 * 2 ** 20 } }));
  await expect(upload).rejects.toMatchObject({ code: 'E_NO_MEDIA', certain: false, kind: 'retry' });
});

test('memory stays flat: 300 MB cost no more than 100 MB, and little at all', async () => {
  const path = fileOf(Buffer.alloc(0));
  truncateSync(path, 300_000_000);
  const program = `${path}.mjs`;
  await build({
    entryPoints: [fileURLToPath(new URL('./upload-child.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const { url } = await httpServer((request, response) => {
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    request.on('end', () => response.end(String(bytes)));
  });
  const peakOf = async (bytes: number) => {
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, UPLOAD_URL: url, UPLOAD_FILE: path, UPLOAD_BYTES: String(bytes) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    await once(child, 'close');
    const result = JSON.parse(out) as { sent: number; peakMiB: number; startMiB: number };
    expect(result.sent).toBe(bytes);
    return result;
  };
  const small = await peakOf(100_000_000);
  const large = await peakOf(300_000_000);
  expect(large.peakMiB - small.peakMiB).toBeLessThan(25);
  expect(large.peakMiB - large.startMiB).toBeLessThan(60);
});
