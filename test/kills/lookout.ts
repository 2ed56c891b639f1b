import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** Stands between the program and the sandbox: knows when a request comes and when its answer is there. */
export interface Lookout {
  url: string;
  /** Told of every request: before it reaches the sandbox, and when the sandbox has done its work. */
  watch: { before(): Promise<void> | void; after(): Promise<void> | void };
  close(): Promise<void>;
}

export async function openLookout(sandboxUrl: string): Promise<Lookout> {
  const { hostname, port } = new URL(sandboxUrl);
  const lookout: Lookout = { url: '', watch: { before() {}, after() {} }, close };
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.requestTimeout = 0;

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    await lookout.watch.before();
    const answer = await ask(incoming);
    await lookout.watch.after();
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  }

  function ask(incoming: IncomingMessage) {
    return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
      (resolve, reject) => {
        const { method, url: path, headers } = incoming;
        const asked = requestHttp({ hostname, port, method, path, headers }, async (answer) => {
          const chunks: Buffer[] = [];
          for await (const chunk of answer) chunks.push(chunk as Buffer);
          const { connection: _, 'transfer-encoding': __, ...kept } = answer.headers;
          resolve({ status: answer.statusCode ?? 502, headers: kept, body: Buffer.concat(chunks) });
        });
        asked.once('error', reject);
        // What a dying process had sent arrives, and no more.
        pipeline(incoming, asked).catch(reject);
      },
    );
  }

  function close(): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lookout.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return lookout;
}
