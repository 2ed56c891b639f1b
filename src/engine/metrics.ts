import { statfs } from 'node:fs/promises';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type { Metric, Registry } from 'prom-client';
import type { HttpTally } from './http-tally.ts';
import { type MetricName, type MetricSpec, metricSpecs } from './metric-list.ts';
import { MOST_ACCOUNTS, type Reading, readGauges, type StoreReadings } from './metric-readings.ts';
import { type Series, seriesOf } from './metric-series.ts';

export interface MetricsOptions extends StoreReadings {
  version: string;
  daemonRuns: boolean;
  /** Folder of the database: its disk's free space is told. */
  dataFolder: string;
  /** What only a running daemon knows: its own process and its requests. */
  live?: { http: HttpTally };
}

/**
 * The exposition, made when it is asked for: totals from the store, gauges from what is there now. prom-client is
 * loaded with the first call; nothing is sampled between two calls.
 */
export async function metricsText(options: MetricsOptions): Promise<string> {
  const prom = await import('prom-client');
  const { store, live } = options;
  const [rows, accounts, sources] = [
    await store.tallies.all(),
    await store.accounts.list(),
    await store.sources.list(),
  ];
  const platforms = [...new Set(accounts.slice(0, MOST_ACCOUNTS).map((account) => account.platform))];
  const kinds = [...new Set(sources.map((source) => source.kind))];
  const readings = [
    ...(await readGauges(options)),
    ...(await machineReadings(options)),
    ...(live ? await processReadings() : []),
  ];
  const registry = new prom.Registry();
  for (const spec of metricSpecs as readonly MetricSpec[]) {
    if (spec.daemonOnly && !live) continue;
    const series = seriesOf(spec, { rows, platforms, kinds, ...(live ? { http: live.http.counts() } : {}) });
    if (spec.type === 'histogram') addHistogram(prom, registry, spec, series);
    else addNumbers(prom, registry, spec, series, readings);
  }
  return registry.metrics();
}

type Prom = typeof import('prom-client');

function addNumbers(
  prom: Prom,
  registry: Registry,
  spec: MetricSpec,
  series: readonly Series[],
  readings: readonly Reading[],
): void {
  const { name, help, labels: labelNames } = spec;
  const values = [
    ...series.map(({ labels, count }) => ({ labels, value: count })),
    ...readings.filter((reading) => reading.name === name),
  ];
  const shape = { name, help, labelNames, registers: [registry] };
  if (spec.type === 'gauge') {
    const gauge = new prom.Gauge(shape);
    for (const { labels, value } of values) gauge.set(labels, value);
    return;
  }
  const counter = new prom.Counter(shape);
  for (const { labels, value } of values) counter.inc(labels, value);
}

/** prom-client's histograms take one observation after the other; what is stored is added up already. */
function addHistogram(prom: Prom, registry: Registry, spec: MetricSpec, series: readonly Series[]): void {
  const { name, help, labels: labelNames } = spec;
  const bounds = spec.buckets ?? [];
  const histogram = new prom.Histogram({ name, help, labelNames, buckets: [...bounds], registers: [] });
  const values = series.flatMap(({ labels, count, sum, buckets }) => [
    ...bounds.map((bound, index) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: String(bound) },
      value: buckets[index] ?? 0,
    })),
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]);
  const get = async () => ({ name, help, type: 'histogram', values, aggregator: 'sum' });
  registry.registerMetric(Object.assign(histogram, { get, getForPromString: get }) as unknown as Metric);
}

async function machineReadings({ version, daemonRuns, dataFolder }: MetricsOptions): Promise<Reading[]> {
  const { bavail, bsize } = await statfs(dataFolder);
  return [
    { name: 'repost_build_info', labels: { version }, value: 1 },
    one('repost_daemon_running', daemonRuns ? 1 : 0),
    one('repost_disk_free_bytes', bavail * bsize),
  ];
}

async function processReadings(): Promise<Reading[]> {
  const { user, system } = process.cpuUsage();
  const loop: EventLoopUtilization = performance.eventLoopUtilization();
  return [
    one('process_cpu_seconds_total', (user + system) / 1e6),
    one('process_resident_memory_bytes', process.memoryUsage.rss()),
    one('process_start_time_seconds', performance.timeOrigin / 1000),
    one('repost_event_loop_active_seconds_total', loop.active / 1000),
    one('repost_event_loop_delay_seconds', await loopDelay()),
  ];
}

/** One turn of the loop, taken now: a sampler would wake an idle daemon a hundred times a second. */
async function loopDelay(): Promise<number> {
  const startedAt = performance.now();
  await new Promise((resolve) => setImmediate(resolve));
  return (performance.now() - startedAt) / 1000;
}

function one(name: MetricName, value: number): Reading {
  return { name, labels: {}, value };
}
