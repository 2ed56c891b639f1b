import { figure, judged, median, type Row, ratios, spread, unmeasured } from './report.ts';

export interface Cost {
  wallMs: number;
  cpuMs: number;
  peakMiB: number;
}

export type Costs = Readonly<Record<string, Cost[]>>;
export type Way = 'stream' | 'chunks' | 'segments';

const ways: Readonly<Record<Way, string>> = {
  stream: 'one stream',
  chunks: 'chunks of 8 MiB',
  segments: 'multipart segments as for X',
};

const of = (costs: Costs, name: string, what: keyof Cost) => (costs[name] ?? []).map((cost) => cost[what]);
const faster = (costs: Costs, name: string, reference: string) =>
  ratios(of(costs, reference, 'wallMs'), of(costs, name, 'wallMs'));

const sayRate = (costs: Costs, name: string, bytes: number) =>
  `${Math.round(bytes / 1e3 / median(of(costs, name, 'wallMs')))} MB/s`;
const saySize = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** Each way of ours beside `curl -T`, and beside somebody else’s client where there is one. */
export function uploadRows(costs: Costs, wire: 'plain' | 'tls', bytes: number): Row[] {
  const over = wire === 'tls' ? ' over TLS' : '';
  const called = (words: string) => `upload${over}, ${words}, ${saySize(bytes)}`;
  const rate = (name: string) => sayRate(costs, name, bytes);
  const own = (Object.keys(ways) as Way[]).flatMap((way): Row[] => [
    judged(
      `${called(ways[way])}: rate`,
      '`curl -T`',
      { atLeast: wire === 'tls' ? 0.85 : 1 },
      faster(costs, way, 'curl'),
      `${rate(way)}; curl ${rate('curl')}`,
    ),
    judged(
      `${called(ways[way])}: CPU time`,
      '`curl -T`',
      { atMost: 1.1 },
      ratios(of(costs, way, 'cpuMs'), of(costs, 'curl', 'cpuMs')),
      `the start of Node included: ${figure(median(of(costs, way, 'cpuMs')))} ms; curl ${figure(median(of(costs, 'curl', 'cpuMs')))} ms`,
      `upload ${wire} ${way} cpu`,
    ),
  ]);
  return [
    ...own,
    ...(wire === 'tls' ? twitterRow(costs, bytes) : [...googleRow(costs, bytes), ...relayRow(costs, bytes)]),
  ];
}

function googleRow(costs: Costs, bytes: number): Row[] {
  const what = `upload, ${ways.chunks}, ${saySize(bytes)}: rate`;
  const reference = '`@googleapis/youtube`, `videos.insert` of a stream';
  if (!costs['googleapis']) return [unmeasured(what, reference, '@googleapis/youtube')];
  const [cpu, peak] = [of(costs, 'googleapis', 'cpuMs'), of(costs, 'googleapis', 'peakMiB')];
  const note = `theirs ${sayRate(costs, 'googleapis', bytes)}, ${figure(median(cpu))} ms of CPU, ${figure(median(peak))} MiB`;
  return [judged(what, reference, { atLeast: 2 }, faster(costs, 'chunks', 'googleapis'), note)];
}

function twitterRow(costs: Costs, bytes: number): Row[] {
  const what = `upload over TLS, ${ways.segments}, ${saySize(bytes)}: rate`;
  const reference = '`twitter-api-v2`, `uploadMedia`, three segments at once';
  if (!costs['twitter']) return [unmeasured(what, reference, 'twitter-api-v2')];
  const [cpu, peak] = [of(costs, 'twitter', 'cpuMs'), of(costs, 'twitter', 'peakMiB')];
  const note = `theirs ${sayRate(costs, 'twitter', bytes)}, ${figure(median(cpu))} ms of CPU, ${figure(median(peak))} MiB`;
  return [judged(what, reference, { atLeast: 2.5 }, faster(costs, 'segments', 'twitter'), note)];
}

function relayRow(costs: Costs, bytes: number): Row[] {
  const what = `upload through nginx, ${ways.stream}, ${saySize(bytes)}: rate`;
  if (!costs['relayed']) return [unmeasured(what, '`curl -T`', 'nginx')];
  const note = `${sayRate(costs, 'relayed', bytes)}; curl ${sayRate(costs, 'relayedCurl', bytes)}; nginx passes on to the same server`;
  return [judged(what, '`curl -T`', { atLeast: 1 }, faster(costs, 'relayed', 'relayedCurl'), note)];
}

/** The highest peak of all rounds counts. */
export function memoryRow(costs: Costs, way: Way, bytes: number): Row {
  const peaks = of(costs, way, 'peakMiB');
  return judged(
    `upload, ${ways[way]}, ${saySize(bytes)}: peak memory`,
    '–',
    { atMost: 80 },
    { ...spread(peaks, 'MiB'), median: Math.max(...peaks) },
    'the whole process, the highest of all rounds',
    `upload ${way} memory`,
  );
}

export function memoryRows(large: Costs, small: Costs, size: { bytes: number; small: number }): Row[] {
  return (Object.keys(ways) as Way[]).flatMap((way): Row[] => {
    const [much, little] = [of(large, way, 'peakMiB'), of(small, way, 'peakMiB')];
    const more = spread(
      much.map((value, round) => value - (little[round] ?? Number.NaN)),
      'MiB',
    );
    return [
      memoryRow(large, way, size.bytes),
      judged(
        `upload, ${ways[way]}: memory of ${saySize(size.bytes)} more than`,
        `of ${saySize(size.small)}`,
        { atMost: 8 },
        more,
        `${figure(median(much))} and ${figure(median(little))} MiB`,
      ),
    ];
  });
}

export function downloadRows(costs: Costs, bytes: number): Row[] {
  const peak = of(costs, 'download', 'peakMiB');
  return [
    judged(
      `download with SHA-256 to disk, ${saySize(bytes)}: rate`,
      '`curl -o`, without a hash',
      { atLeast: 0.5 },
      faster(costs, 'download', 'curlDownload'),
      `${sayRate(costs, 'download', bytes)}; curl ${sayRate(costs, 'curlDownload', bytes)}; ${figure(median(peak))} MiB`,
    ),
  ];
}
