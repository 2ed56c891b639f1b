import { figure, judged, median, type Row, ratios, spread } from './report.ts';

export interface Cost {
  /** Polls a second. */
  rate: number;
  cpuMs: number;
  peakMiB: number;
}

type Costs = Readonly<Record<string, Cost[]>>;

const KNOWN = 'a poll that finds 20 known videos';
const rates = (costs: Costs, name: string) => (costs[name] ?? []).map(({ rate }) => rate);
const sayRate = (costs: Costs, name: string) => `${figure(median(rates(costs, name)))}/s`;
const cpu = (costs: Costs, name: string) => (costs[name] ?? []).map(({ cpuMs }) => cpuMs);

export function rateRows(costs: Costs): Row[] {
  const beside = (name: string, reference: string) => ratios(rates(costs, name), rates(costs, reference));
  const toPlain = beside('sourceTls', 'wrk').median;
  return [
    judged(
      KNOWN,
      '`wrk`, the same server',
      { atLeast: 0.09 },
      beside('source', 'wrk'),
      `${sayRate(costs, 'source')}; wrk ${sayRate(costs, 'wrk')}`,
    ),
    judged(
      `${KNOWN}, over TLS`,
      '`wrk` over TLS, the same server',
      { atLeast: 0.07 },
      beside('sourceTls', 'wrkTls'),
      `${sayRate(costs, 'sourceTls')}; wrk ${sayRate(costs, 'wrkTls')}; beside wrk without TLS ${figure(toPlain)}`,
    ),
    judged(KNOWN, '`fetch`', { atLeast: 3 }, beside('source', 'fetch'), `fetch ${sayRate(costs, 'fetch')}`),
    judged(
      `${KNOWN}, with its outcome on the disk`,
      '`wrk`, the same server',
      { atLeast: 0.09 },
      beside('engine', 'wrk'),
      `${sayRate(costs, 'engine')}: eight at once, each row of the ledger safe from power loss`,
    ),
  ];
}

export function cpuRow(costs: Costs): Row {
  return judged(
    `${KNOWN}: CPU time`,
    '`fetch`',
    { atMost: 0.34 },
    ratios(cpu(costs, 'source'), cpu(costs, 'fetch')),
    `the start of Node included: ${figure(median(cpu(costs, 'source')))} ms; fetch ${figure(median(cpu(costs, 'fetch')))} ms`,
    'poll cpu',
  );
}

export function memoryRow(costs: Costs): Row {
  const peaks = (costs['source'] ?? []).map(({ peakMiB }) => peakMiB);
  return judged(
    'memory while 1,000 accounts are polled',
    '–',
    { atMost: 140 },
    spread(peaks, 'MiB'),
    'peak',
    'poll memory',
  );
}

export function largeRows(costs: Costs, accounts: number): Row[] {
  const many = accounts.toLocaleString('en');
  const peaks = (costs['many'] ?? []).map(({ peakMiB }) => peakMiB);
  return [
    judged(
      `memory while ${many} accounts are polled`,
      '–',
      { atMost: 140 },
      spread(peaks, 'MiB'),
      'peak of a process of its own',
    ),
    judged(
      `${KNOWN}, of ${many} accounts`,
      '`fetch`',
      { atLeast: 3 },
      ratios(rates(costs, 'many'), rates(costs, 'fetch')),
      sayRate(costs, 'many'),
    ),
  ];
}
