import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, makeCertificate } from './certificate.ts';
import { bareFolder } from './homes.ts';
import { startRelay } from './nginx.ts';
import { race, timed } from './race.ts';
import { hasProgram, packageAt } from './references.ts';
import { type Findings, median } from './report.ts';
import { serve } from './servers.ts';
import { growth } from './transfer-growth.ts';
import { type Cost, type Costs, downloadRows, memoryRows, uploadRows, type Way } from './transfer-rows.ts';

export interface TransferSize {
  /** Of the large file, and of the one whose memory it is compared with. */
  bytes: number;
  small: number;
  rounds: number;
}

/** Runs of the product and of its references, each in a process of its own. */
interface Contenders {
  own(way: string, path: string): () => Cost;
  curl(...words: string[]): () => Cost;
  peer(way: string, path: string): () => Cost;
}

/** The server is another process. */
export async function transfers(
  root: string,
  self: readonly string[],
  size: TransferSize,
): Promise<Findings> {
  const folder = bareFolder();
  const [large, small, fetched] = ['large.mp4', 'small.mp4', 'fetched'].map((name) => join(folder, name));
  if (!large || !small || !fetched) throw new Error('no names');
  writeFileSync(large, Buffer.alloc(size.bytes, 7));
  writeFileSync(small, Buffer.alloc(size.small, 7));
  const certificate = await makeCertificate(folder);
  const sink = await serve(self, 'sink');
  const tlsSink = await serve(self, 'sink', certificate.both);
  const relay = hasProgram('nginx') ? await startRelay(sink.port) : undefined;
  try {
    const plain = `http://127.0.0.1:${sink.port}`;
    const from = contenders(root, self, plain, size.bytes);
    const overTls = contenders(root, self, `https://localhost:${tlsSink.port}`, size.bytes, certificate);
    const costs = await race<string, Cost>(size.rounds, {
      curl: from.curl('-T', large, '-H', 'Expect:', `${plain}/upload`),
      ...each((way) => from.own(way, large)),
      ...(packageAt(root, '@googleapis/youtube') ? { googleapis: from.peer('googleapis', large) } : {}),
      ...(relay ? relayed(root, self, relay.port, large, size.bytes) : {}),
      curlDownload: from.curl('-o', fetched, `${plain}/${size.bytes}`),
      download: from.own('download', fetched),
    });
    const tls = await race<string, Cost>(size.rounds, {
      curl: overTls.curl('-T', large, '-H', 'Expect:', `https://localhost:${tlsSink.port}/upload`),
      ...each((way) => overTls.own(way, large)),
      ...(packageAt(root, 'twitter-api-v2') ? { twitter: overTls.peer('twitter', large) } : {}),
    });
    const little: Costs = await race<string, Cost>(
      size.rounds,
      each((way) => from.own(way, small)),
    );
    return {
      rows: [
        ...uploadRows(costs, 'plain', size.bytes),
        ...uploadRows(tls, 'tls', size.bytes),
        ...memoryRows(costs, little, size),
        ...downloadRows(costs, size.bytes),
      ],
      charts: await growth(folder, size, {
        own: (path) => from.own('stream', path),
        curl: (path) => from.curl('-T', path, '-H', 'Expect:', `${plain}/upload`),
        median: (runs) => ({
          wallMs: median(runs.map((run) => run.wallMs)),
          peakMiB: median(runs.map((run) => run.peakMiB)),
        }),
      }),
    };
  } finally {
    await relay?.close();
    await sink.close();
    await tlsSink.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function each(run: (way: Way) => () => Cost): Record<Way, () => Cost> {
  return { stream: run('stream'), chunks: run('chunks'), segments: run('segments') };
}

function relayed(root: string, self: readonly string[], port: number, file: string, bytes: number) {
  const url = `http://127.0.0.1:${port}`;
  const through = contenders(root, self, url, bytes);
  return {
    relayedCurl: through.curl('-T', file, '-H', 'Expect:', `${url}/upload`),
    relayed: through.own('stream', file),
  };
}

function contenders(
  root: string,
  self: readonly string[],
  origin: string,
  bytes: number,
  certificate?: Certificate,
): Contenders {
  const env = { ...process.env, ...(certificate ? { NODE_EXTRA_CA_CERTS: certificate.cert } : {}) };
  const child =
    (...words: string[]) =>
    () =>
      JSON.parse(timed([...self, ...words], env).out) as Cost;
  return {
    own: (way, path) => child('client', way, origin, path, String(bytes)),
    peer: (way, path) => child('peer', way, origin, path, root),
    curl:
      (...words) =>
      () => {
        const trust = certificate ? ['--cacert', certificate.cert] : [];
        const run = timed(['curl', '-sS', '-w', '%{time_total}', ...trust, ...words]);
        const seconds = Number(/[\d.]+$/u.exec(run.out)?.[0]);
        return { wallMs: seconds > 0 ? seconds * 1000 : run.wallMs, cpuMs: run.cpuMs, peakMiB: 0 };
      },
  };
}
