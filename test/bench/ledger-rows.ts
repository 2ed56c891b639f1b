import { type Chart, figure, judged, median, type Row, ratios, unmeasured } from './report.ts';

type Rates = Readonly<Record<string, number[]>>;

interface Beside {
  what: string;
  own: 'serial' | 'many' | 'small' | 'large';
  peer: string;
  reference: string;
  atLeast: number;
}

const reference = {
  always: 'BullMQ, `appendfsync always`',
  everysec: 'BullMQ, `everysec`, concurrency 50',
  alwaysMany: 'BullMQ, `appendfsync always`, concurrency 50',
  boss: 'pg-boss',
  bossMany: 'pg-boss, 50 at a time',
  graphile: 'graphile-worker, local queue of 100, completed in batches',
} as const;

const serial = 'ledger, one job at a time, safe from power loss';
const many = 'ledger, 50 jobs at a time, safe from power loss';

/** The ledger’s own targets are those of the raw statements of its design; the engine’s are the ones that count. */
const races = (large: string): Beside[] => [
  { what: serial, own: 'serial', peer: 'always', reference: reference.always, atLeast: 1.5 },
  { what: serial, own: 'serial', peer: 'boss', reference: reference.boss, atLeast: 1.5 },
  { what: many, own: 'many', peer: 'everysec', reference: reference.everysec, atLeast: 4 },
  { what: many, own: 'many', peer: 'alwaysMany', reference: reference.alwaysMany, atLeast: 4 },
  { what: many, own: 'many', peer: 'bossMany', reference: reference.bossMany, atLeast: 3 },
  { what: many, own: 'many', peer: 'graphile', reference: reference.graphile, atLeast: 2.5 },
  {
    what: 'engine, no-op jobs, 1,000 rows',
    own: 'small',
    peer: 'everysec',
    reference: reference.everysec,
    atLeast: 2,
  },
  {
    what: `engine, no-op jobs, ${large}`,
    own: 'large',
    peer: 'everysec',
    reference: reference.everysec,
    atLeast: 2,
  },
];

export function rateRows(rates: Rates, largeRows: number, missing: Readonly<Record<string, string>>): Row[] {
  const of = (name: string) => rates[name] ?? [];
  const say = (name: string) => `${figure(median(of(name)))} jobs/s`;
  const large = `${largeRows.toLocaleString('en')} rows`;
  return [
    ...races(large).map(({ what, own, peer, reference: name, atLeast }) =>
      of(peer).length === 0
        ? unmeasured(what, name, missing[peer] ?? peer)
        : judged(what, name, { atLeast }, ratios(of(own), of(peer)), `${say(own)}; theirs ${say(peer)}`),
    ),
    judged(
      `engine, no-op jobs, ${large}`,
      'the same at 1,000 rows',
      { atLeast: 0.8 },
      ratios(of('large'), of('small')),
      `${say('large')}; ${say('small')}`,
    ),
  ];
}

export function claimRow(costs: Readonly<Record<'empty' | 'blocked', number[]>>, blocked: number): Row {
  return judged(
    `claim beside ${blocked.toLocaleString('en')} jobs that are held up`,
    'claim in an empty table',
    { atMost: 2 },
    ratios(costs.blocked, costs.empty),
    `${figure(median(costs.blocked))} µs; ${figure(median(costs.empty))} µs, the commit to disk included`,
  );
}

export function growthOf(rates: Rates): Chart {
  return {
    name: 'growth-jobs',
    title: 'One no-op job through the engine, by how many jobs the ledger holds',
    x: 'jobs in the ledger',
    y: 'µs',
    lines: [
      {
        name: 'one job (µs)',
        points: Object.entries(rates).map(([jobs, each]) => [Number(jobs), 1e6 / median(each)]),
      },
    ],
  };
}
