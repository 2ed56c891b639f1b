import { createServer, type IncomingMessage, request as requestHttp } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A platform's whole and true answer. */
export interface TrueAnswer {
  status: number;
  type: string;
  body: Buffer;
}

/** Says it to the client in a crooked way. */
export type Crooked = (socket: Socket, answer: TrueAnswer) => void;

const head = (answer: TrueAnswer, ...lines: string[]) =>
  `${[`HTTP/1.1 ${answer.status} OK`, `content-type: ${answer.type}`, ...lines].join('\r\n')}\r\n\r\n`;

/** Writes byte by byte, far too slowly, until the client goes. */
function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at >= bytes.length || socket.destroyed) clearInterval(timer);
    else socket.write(bytes.subarray(at, at + 1));
    at += 1;
  }, 300);
  socket.once('close', () => clearInterval(timer));
}

/** Answers that no honest server sends; the platform did its work before each of them. */
export const crookedAnswers: Readonly<Record<string, Crooked>> = {
  'no answer at all': (socket) => socket.end(),
  'reset in place of an answer': (socket) => socket.resetAndDestroy(),
  'half a head': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-ty'),
  'body shorter than its length': (socket, answer) =>
    socket.end(head(answer, `content-length: ${answer.body.length + 40}`) + answer.body),
  'body cut, no length': (socket, answer) =>
    socket.end(head(answer, 'connection: close') + answer.body.subarray(0, answer.body.length / 2)),
  'two lengths': (socket, answer) =>
    socket.end(head(answer, `content-length: ${answer.body.length}`, 'content-length: 5') + answer.body),
  'negative length': (socket, answer) => socket.end(head(answer, 'content-length: -7') + answer.body),
  'bad chunk': (socket, answer) =>
    socket.end(`${head(answer, 'transfer-encoding: chunked')}zz\r\n${answer.body}\r\n`),
  'chunks that stop': (socket, answer) =>
    socket.end(
      `${head(answer, 'transfer-encoding: chunked')}${answer.body.length.toString(16)}\r\n${answer.body}\r\n`,
    ),
  'not HTTP': (socket) => socket.end('220 mail.example.com ESMTP ready\r\n'),
  'slow head': (socket, answer) => drip(socket, Buffer.from(head(answer, 'content-length: 2'))),
  'slow body': (socket, answer) => {
    socket.write(head(answer, `content-length: ${answer.body.length}`));
    drip(socket, answer.body);
  },
};

export interface CrookedServer {
  url: string;
  /** The next request that matches is answered so: the platform's name by host, and what was asked. */
  arm(host: string, method: string, path: RegExp, crooked: Crooked): void;
  /** How many were answered so since the last arming of anything. */
  fired(): number;
  disarm(): void;
  close(): Promise<void>;
}

/** Stands in front of the sandbox and hands its answers on: true ones, or one that was armed. */
export async function openCrooked(sandboxUrl: string): Promise<CrookedServer> {
  const { hostname, port } = new URL(sandboxUrl);
  let armed: { host: string; method: string; path: RegExp; crooked: Crooked }[] = [];
  let fired = 0;
  const server = createServer((incoming, outgoing) => {
    ask(incoming).then(
      ({ answer, headers }) => {
        const [, host = '', ...path] = (incoming.url ?? '').split('/');
        const found = armed.find(
          (one) => one.host === host && one.method === incoming.method && one.path.test(`/${path.join('/')}`),
        );
        if (!found) {
          outgoing.writeHead(answer.status, headers);
          outgoing.end(answer.body);
          return;
        }
        armed = armed.filter((one) => one !== found);
        fired += 1;
        found.crooked(incoming.socket, answer);
      },
      () => outgoing.destroy(),
    );
  });

  function ask(incoming: IncomingMessage) {
    return new Promise<{ answer: TrueAnswer; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
      const { method, url: path, headers } = incoming;
      const asked = requestHttp({ hostname, port, method, path, headers }, async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        const { 'transfer-encoding': _, connection: __, ...kept } = answer.headers;
        const type = answer.headers['content-type'] ?? 'application/json';
        resolve({
          answer: { status: answer.statusCode ?? 502, type, body: Buffer.concat(chunks) },
          headers: kept,
        });
      });
      asked.once('error', reject);
      incoming.pipe(asked);
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arm: (host, method, path, crooked) => void armed.push({ host, method, path, crooked }),
    fired: () => fired,
    disarm() {
      armed = [];
      fired = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
