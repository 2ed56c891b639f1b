// Writes src/cli/ops/dashboard.json, the Grafana dashboard that `repost ops export` hands out, from the panels
// below. Run it after a change here; a test holds the file to what this makes.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import stat from '@grafana/grafana-foundation-sdk/stat';
import timeseries from '@grafana/grafana-foundation-sdk/timeseries';

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills this in, not JavaScript.
const datasource = { type: 'prometheus', uid: '${datasource}' };
const chosen = 'platform=~"$platform"';
const rate = '$__rate_interval';

/** A quantile of a histogram, by platform. */
const quantile = (q, metric, by = 'platform') =>
  `histogram_quantile(${q}, sum by (le, ${by}) (rate(${metric}_bucket{${chosen}}[${rate}])))`;

/** title, what it tells, unit, queries (expression and legend); `stat` for one big number. */
const rows = [
  [
    'Is everything out?',
    [
      {
        title: 'Published in 24 hours',
        about: 'Posts that jobs made.',
        unit: 'short',
        stat: true,
        queries: [[`sum(increase(repost_jobs_ended_total{state="published",${chosen}}[24h]))`, 'posts']],
      },
      {
        title: 'Waiting and running',
        about: 'Jobs that have not ended.',
        unit: 'short',
        stat: true,
        queries: [[`sum(repost_jobs{state=~"waiting|running",${chosen}})`, 'jobs']],
      },
      {
        title: 'Dead letters',
        about: 'Jobs that need their person: repost jobs list --state dead.',
        unit: 'short',
        stat: true,
        red: 1,
        queries: [[`sum(repost_jobs{state="dead",${chosen}})`, 'jobs']],
      },
      {
        title: 'Unknown outcomes',
        about: 'Sent, and nobody can say whether it appeared: repost jobs list --state unknown.',
        unit: 'short',
        stat: true,
        red: 1,
        queries: [[`sum(repost_jobs{state="unknown",${chosen}})`, 'jobs']],
      },
      {
        title: 'Longest overdue job',
        about: 'Due, and not running.',
        unit: 's',
        stat: true,
        red: 1800,
        queries: [['max(repost_oldest_due_job_age_seconds)', 'overdue']],
      },
      {
        title: 'Published within 30 minutes',
        about: 'Of what ended in the shown time; the objective is 99 %.',
        unit: 'percentunit',
        stat: true,
        queries: [
          [
            'sum(increase(repost_publish_delay_seconds_bucket{le="1800"}[$__range])) / (sum(increase(repost_publish_delay_seconds_count[$__range])) + sum(increase(repost_jobs_ended_total{state=~"dead|unknown"}[$__range])))',
            'in time',
          ],
        ],
      },
    ],
  ],
  [
    'Throughput',
    [
      {
        title: 'Posts per hour',
        about: 'By platform.',
        unit: 'short',
        queries: [
          [
            `sum by (platform) (rate(repost_jobs_ended_total{state="published",${chosen}}[${rate}])) * 3600`,
            '{{platform}}',
          ],
        ],
      },
      {
        title: 'Jobs made per hour',
        about: 'By platform.',
        unit: 'short',
        queries: [
          [`sum by (platform) (rate(repost_jobs_created_total{${chosen}}[${rate}])) * 3600`, '{{platform}}'],
        ],
      },
      {
        title: 'Videos seen',
        about: 'New videos at the sources, per hour.',
        unit: 'short',
        queries: [[`sum by (kind) (rate(repost_videos_seen_total[${rate}])) * 3600`, '{{kind}}']],
      },
      {
        title: 'Bytes',
        about: 'Sent in requests, and of videos that were published.',
        unit: 'Bps',
        queries: [
          [`sum by (platform) (rate(repost_http_sent_bytes_total{${chosen}}[${rate}]))`, '{{platform}} sent'],
          [
            `sum by (platform) (rate(repost_published_bytes_total{${chosen}}[${rate}]))`,
            '{{platform}} published',
          ],
        ],
      },
    ],
  ],
  [
    'Lag and response times',
    [
      {
        title: 'Seen to published',
        about: 'Half of the posts, and 95 of 100, took no longer.',
        unit: 's',
        queries: [
          [quantile(0.5, 'repost_detection_to_published_seconds'), '{{platform}} p50'],
          [quantile(0.95, 'repost_detection_to_published_seconds'), '{{platform}} p95'],
        ],
      },
      {
        title: 'Published at the source to published here',
        about: '95 of 100 took no longer.',
        unit: 's',
        queries: [[quantile(0.95, 'repost_source_to_published_seconds'), '{{platform}} p95']],
      },
      {
        title: 'Delay beyond what the rules asked for',
        about: '95 of 100 took no longer; the objective is measured on this.',
        unit: 's',
        queries: [[quantile(0.95, 'repost_publish_delay_seconds'), '{{platform}} p95']],
      },
      {
        title: 'Wait in the lane',
        about: 'From due to running, 95 of 100.',
        unit: 's',
        queries: [[quantile(0.95, 'repost_queue_wait_seconds'), '{{platform}} p95']],
      },
      {
        title: 'Length of a run',
        about: 'Of jobs that ended published, 95 of 100.',
        unit: 's',
        queries: [
          [
            `histogram_quantile(0.95, sum by (le, platform) (rate(repost_publish_duration_seconds_bucket{outcome="published",${chosen}}[${rate}])))`,
            '{{platform}} p95',
          ],
        ],
      },
      {
        title: 'Answer of the platforms',
        about: 'Length of requests, 95 of 100.',
        unit: 's',
        queries: [[quantile(0.95, 'repost_http_request_duration_seconds'), '{{platform}} p95']],
      },
    ],
  ],
  [
    'Failures',
    [
      {
        title: 'Requests by answer',
        about: 'Per second; none: no answer came.',
        unit: 'reqps',
        queries: [
          [
            `sum by (platform, outcome) (rate(repost_http_request_duration_seconds_count{${chosen}}[${rate}]))`,
            '{{platform}} {{outcome}}',
          ],
        ],
      },
      {
        title: 'Failed runs by error',
        about: 'See: repost errors show CODE.',
        unit: 'short',
        queries: [[`sum by (code) (increase(repost_job_failures_total{${chosen}}[${rate}]))`, '{{code}}']],
      },
      {
        title: 'Dead letters and unknown outcomes',
        about: 'As they stand.',
        unit: 'short',
        queries: [
          [
            `sum by (platform, state) (repost_jobs{state=~"dead|unknown",${chosen}})`,
            '{{platform}} {{state}}',
          ],
        ],
      },
      {
        title: 'Budget burnt',
        about: 'Part of what ended late, dead or unknown; the objective allows 1 %.',
        unit: 'percentunit',
        queries: [
          ['repost:publish_bad:ratio1h', '1 hour'],
          ['repost:publish_bad:ratio3d', '3 days'],
        ],
      },
    ],
  ],
  [
    'Queues and back-pressure',
    [
      {
        title: 'Waiting jobs by reason',
        about: 'quota, breaker, backoff and login are back-pressure.',
        unit: 'short',
        queries: [[`sum by (reason) (repost_jobs{state="waiting",${chosen}})`, '{{reason}}']],
      },
      {
        title: 'Oldest waiting job by reason',
        about: 'Since it was made.',
        unit: 's',
        queries: [['max by (reason) (repost_oldest_job_age_seconds)', '{{reason}}']],
      },
      {
        title: 'Circuit breakers',
        about: '0 closed, 1 about to probe, 2 open.',
        unit: 'short',
        queries: [[`max by (account) (repost_breaker_state{${chosen}})`, '{{account}}']],
      },
      {
        title: 'Quota left',
        about: 'Part of each limit that may still be spent in its window.',
        unit: 'percentunit',
        queries: [
          [
            `repost_quota_left{${chosen}} / repost_quota_limit{${chosen}}`,
            '{{platform}} {{account}} {{bucket}}',
          ],
        ],
      },
    ],
  ],
  [
    'Accounts and sources',
    [
      {
        title: 'Sign-in lasts',
        about: 'Until its person must renew it.',
        unit: 's',
        queries: [[`repost_sign_in_end_timestamp_seconds{${chosen}} - time()`, '{{account}}']],
      },
      {
        title: 'Access token lasts',
        about: 'Renewed by itself where it can be.',
        unit: 's',
        queries: [[`repost_token_expiry_timestamp_seconds{${chosen}} - time()`, '{{account}}']],
      },
      {
        title: 'Accounts that must sign in again',
        about: '1: its jobs wait for its person.',
        unit: 'short',
        queries: [[`max by (account) (repost_account_login_needed{${chosen}})`, '{{account}}']],
      },
      {
        title: 'Since the source last answered',
        about: 'By source.',
        unit: 's',
        queries: [['time() - repost_source_last_success_timestamp_seconds', '{{source}}']],
      },
      {
        title: 'Looks at sources',
        about: 'Per minute, by how they ended.',
        unit: 'short',
        queries: [
          [`sum by (kind, outcome) (rate(repost_source_polls_total[${rate}])) * 60`, '{{kind}} {{outcome}}'],
        ],
      },
      {
        title: 'Publishing held',
        about: '1 while this home may be a copy (repost quarantine); accounts without series of their own.',
        unit: 'short',
        queries: [
          ['max(repost_publishing_held)', 'held'],
          ['max(repost_accounts_left_out)', 'accounts left out'],
        ],
      },
    ],
  ],
  [
    'This machine',
    [
      {
        title: 'Memory',
        about: 'That the daemon holds.',
        unit: 'bytes',
        queries: [['process_resident_memory_bytes{job="repost"}', 'resident']],
      },
      {
        title: 'Processor',
        about: 'Used by the daemon, and the busy part of its event loop.',
        unit: 'percentunit',
        queries: [
          [`rate(process_cpu_seconds_total{job="repost"}[${rate}])`, 'processor'],
          [`rate(repost_event_loop_active_seconds_total[${rate}])`, 'event loop'],
        ],
      },
      {
        title: 'Event loop delay',
        about: 'When it was asked.',
        unit: 's',
        queries: [['repost_event_loop_delay_seconds', 'delay']],
      },
      {
        title: 'Disk',
        about: 'The database, and free space beside it.',
        unit: 'bytes',
        queries: [
          ['repost_database_bytes', 'database'],
          ['repost_disk_free_bytes', 'free'],
        ],
      },
      {
        title: 'Up since',
        about: 'How long the daemon runs, and whether it does.',
        unit: 's',
        queries: [
          ['time() - process_start_time_seconds{job="repost"}', 'runs for'],
          ['max(repost_daemon_running)', 'running'],
        ],
      },
      {
        title: 'Version',
        about: 'And how often sources are asked (s).',
        unit: 'short',
        queries: [
          ['repost_build_info', '{{version}}'],
          ['max(repost_poll_interval_seconds)', 'poll interval'],
        ],
      },
    ],
  ],
  [
    'Hosts of a shared store',
    [
      {
        title: 'Last sign of life',
        about: 'How long ago each host was seen. More than a minute: its jobs go to the others.',
        unit: 's',
        queries: [['time() - max by (host) (repost_host_last_seen_timestamp_seconds)', '{{host}}']],
      },
      {
        title: 'Jobs held',
        about: 'Jobs that each host works on.',
        unit: 'short',
        queries: [['max by (host) (repost_host_running_jobs)', '{{host}}']],
      },
      {
        title: 'Clocks',
        about: 'How far the clock of each host is from the database’s, either way.',
        unit: 's',
        queries: [['max by (host) (abs(repost_host_clock_skew_seconds))', '{{host}}']],
      },
    ],
  ],
];

function panelOf({ title, about, unit, stat: isStat, red, queries }, { x, y, w, h }) {
  const panel = isStat ? new stat.PanelBuilder() : new timeseries.PanelBuilder();
  panel.title(title).description(about).unit(unit).datasource(datasource).gridPos({ x, y, w, h }).min(0);
  if (red !== undefined)
    panel.thresholds(
      new dashboard.ThresholdsConfigBuilder().mode('absolute').steps([
        { value: null, color: 'green' },
        { value: red, color: 'red' },
      ]),
    );
  for (const [index, [expr, legend]] of queries.entries()) {
    const query = new prometheus.DataqueryBuilder()
      .expr(expr)
      .legendFormat(legend)
      .refId(String.fromCharCode(65 + index))
      .datasource(datasource);
    panel.withTarget(isStat ? query.instant() : query.range());
  }
  return panel;
}

export function makeDashboard() {
  const board = new dashboard.DashboardBuilder('repost')
    .uid('repost')
    .title('repost')
    .description('Videos on their way: throughput, lag, failures, limits, sign-ins.')
    .tags(['repost'])
    .editable()
    .refresh('30s')
    .time({ from: 'now-24h', to: 'now' })
    .timezone('browser')
    .withVariable(
      new dashboard.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    )
    .withVariable(
      new dashboard.QueryVariableBuilder('platform')
        .label('Platform')
        .datasource(datasource)
        .query('label_values(repost_jobs, platform)')
        .refresh(2)
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current({ selected: true, text: 'All', value: '$__all' }),
    );
  let y = 0;
  let id = 1;
  for (const [title, panels] of rows) {
    board.withRow(new dashboard.RowBuilder(title).id(id++).gridPos({ x: 0, y, w: 24, h: 1 }));
    y += 1;
    const isStats = panels[0].stat === true;
    const [w, h] = isStats ? [4, 4] : [panels.length === 4 ? 6 : 8, 8];
    const perRow = 24 / w;
    for (const [index, panel] of panels.entries()) {
      const at = { x: (index % perRow) * w, y: y + Math.floor(index / perRow) * h, w, h };
      board.withPanel(panelOf(panel, at).id(id++));
    }
    y += Math.ceil(panels.length / perRow) * h;
  }
  return `${JSON.stringify(board.build(), null, 2)}\n`;
}

const here = fileURLToPath(import.meta.url);
if (process.argv[1] === here)
  writeFileSync(fileURLToPath(new URL('../src/cli/ops/dashboard.json', import.meta.url)), makeDashboard());
