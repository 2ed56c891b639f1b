import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../src/cli/actions/metrics.ts';
import { DAY, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { errorOf } from '../../src/core/job.ts';
import { openHttpTally, outcomeOf } from '../../src/engine/http-tally.ts';
import { type MetricSpec, metricSpecs } from '../../src/engine/metric-list.ts';
import { MOST_ACCOUNTS } from '../../src/engine/metric-readings.ts';
import { type MetricsOptions, metricsText } from '../../src/engine/metrics.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { addAccount, exampleAttempt, examplePost, exampleVerdict, openLane, T0 } from '../store/examples.ts';
import { describeWith } from '../tools.ts';

const specs: readonly MetricSpec[] = metricSpecs;

function options(store: Store, change: Partial<MetricsOptions> = {}): MetricsOptions {
  return {
    store,
    now: T0 + 60_000,
    version: '1.2.3',
    pollIntervalMs: 120_000,
    limits: async () => [],
    daemonRuns: true,
    dataFolder: tmpdir(),
    ...change,
  };
}

async function busyStore(): Promise<Store> {
  const store = await openStore({ path: ':memory:', clock: new TestClock(T0) });
  const lane = await openLane(store);
  const good = await lane.addJob();
  await store.jobs.claim(lane.account.id, T0 + 700);
  const post = { ...examplePost('p1'), publishedAt: T0 + 45_000 };
  await store.jobs.publish(good, post, exampleAttempt('published'), T0 + 45_000);
  const bad = await lane.addJob();
  await store.jobs.claim(lane.account.id, T0 + 50_000);
  const error = errorOf(new Failure('E_PLATFORM_DOWN'));
  await store.jobs.settle(bad, exampleVerdict('dead'), { ...exampleAttempt('dead'), error }, T0 + 51_000);
  await lane.addJob();
  await store.sources.polled(lane.source.id, T0, T0 + 1, null);
  await store.breakers.save(lane.account.id, { failures: 5, opened: 1, openUntil: T0 + DAY }, T0);
  await store.accounts.update(lane.account.id, { expiresAt: T0 + DAY, breaksAt: T0 + 3 * DAY }, T0);
  return store;
}

function liveHttp() {
  const http = openHttpTally();
  http.add('youtube', { status: 200, startedAt: 0, endedAt: 80, sentBytes: 1000 });
  http.add('youtube', { status: 200, startedAt: 0, endedAt: 400_000, sentBytes: 500 });
  http.add('youtube', { status: null, startedAt: 0, endedAt: 5, sentBytes: 0 });
  return { http };
}

async function valuesOf(
  text: Promise<string>,
): Promise<(name: string, labels?: object) => number | undefined> {
  const samples = parseExposition(await text);
  return (name, labels = {}) =>
    samples.find(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    )?.value;
}

describe('the metrics', () => {
  it('show totals and states of the store', async () => {
    const value = await valuesOf(metricsText(options(await busyStore())));
    expect(value('repost_jobs', { platform: 'youtube', state: 'waiting', reason: 'ready' })).toBe(1);
    expect(value('repost_jobs', { state: 'dead', reason: '' })).toBe(1);
    expect(value('repost_jobs_ended_total', { state: 'published' })).toBe(1);
    expect(value('repost_jobs_ended_total', { state: 'unknown' })).toBe(0);
    expect(value('repost_job_failures_total', { code: 'E_PLATFORM_DOWN' })).toBe(1);
    expect(value('repost_detection_to_published_seconds_bucket', { le: '30' })).toBe(0);
    expect(value('repost_detection_to_published_seconds_bucket', { le: '60' })).toBe(1);
    expect(value('repost_detection_to_published_seconds_bucket', { le: '+Inf' })).toBe(1);
    expect(value('repost_detection_to_published_seconds_sum')).toBe(45);
    expect(value('repost_oldest_job_age_seconds', { reason: 'ready' })).toBe(60);
    expect(value('repost_oldest_due_job_age_seconds')).toBe(60);
    expect(value('repost_breaker_state', { account: 'youtube:@creator' })).toBe(2);
    expect(value('repost_sign_in_end_timestamp_seconds')).toBe((T0 + 3 * DAY) / 1000);
    expect(value('repost_source_last_success_timestamp_seconds', { source: 'tiktok:1' })).toBe(T0 / 1000);
    expect(value('repost_build_info', { version: '1.2.3' })).toBe(1);
  });

  it('tell of requests and process only where a daemon answers', async () => {
    const store = await busyStore();
    const without = await valuesOf(metricsText(options(store)));
    const value = await valuesOf(metricsText(options(store, { live: liveHttp() })));
    for (const { name, type } of specs.filter((spec) => spec.daemonOnly)) {
      const line = type === 'histogram' ? `${name}_count` : name;
      expect(without(line), name).toBeUndefined();
      expect(value(line), name).toBeDefined();
    }
    const ok = { platform: 'youtube', outcome: '2xx' };
    expect(value('repost_http_request_duration_seconds_bucket', { ...ok, le: '0.1' })).toBe(1);
    expect(value('repost_http_request_duration_seconds_bucket', { ...ok, le: '300' })).toBe(1);
    expect(value('repost_http_request_duration_seconds_bucket', { ...ok, le: '+Inf' })).toBe(2);
    expect(value('repost_http_sent_bytes_total', { platform: 'youtube' })).toBe(1500);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('have few label values, whatever platforms answer and however many accounts there are', async () => {
    expect([null, 0, 101, 204, 308, 404, 429, 529, 999].map(outcomeOf)).toEqual([
      'none',
      'none',
      '1xx',
      '2xx',
      '3xx',
      '4xx',
      '429',
      '5xx',
      'none',
    ]);
    const store = await openStore({ path: ':memory:', clock: new TestClock(T0) });
    for (let n = 0; n < MOST_ACCOUNTS + 3; n += 1) await addAccount(store, `@creator${n}`);
    const text = await metricsText(options(store));
    expect(text.match(/^repost_breaker_state\{/gmu)).toHaveLength(MOST_ACCOUNTS);
    expect(text).toContain('repost_accounts_left_out 3');
  });

  it('write every label as the format wants it', async () => {
    const store = await openStore({ path: ':memory:', clock: new TestClock(T0) });
    await addAccount(store, '@a"b\\c\nd');
    const text = await metricsText(options(store));
    expect(text).toContain('account="youtube:@a\\"b\\\\c\\nd"');
    expect(parseExposition(text).some(({ labels }) => labels['account'] === 'youtube:@a"b\\c\nd')).toBe(true);
  });

  it('are all in the manual, line by line', () => {
    const manual = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const rows = specs.map(({ name, type, labels, help, daemonOnly }) => {
      const names = labels.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${type} | ${names} | ${help}${daemonOnly ? ' Daemon only.' : ''} |`;
    });
    expect(rows.filter((row) => !manual.includes(row)).join('\n')).toBe('');
  });
});

describeWith({ promtool: 'prometheus' }, 'promtool', () => {
  it('finds no fault with names, units and help', async () => {
    const text = await metricsText(options(await busyStore(), { live: liveHttp() }));
    const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });
});
