import { alertRules, rulesFile } from './rules.ts';

/** A course of a metric in promtool's notation (https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series). */
interface Course {
  /** Without the labels that every scrape adds. */
  series: string;
  values: string;
}

interface Case {
  alert: string;
  input: readonly Course[];
  /** Minute at which it does not fire yet. */
  quiet: number;
  /** Minute at which it fires, with these labels; `value` is what its texts say of it. */
  fires: number;
  labels: Record<string, string>;
  value?: string;
  /** Minute at which it is over. */
  over: number;
}

const account = 'platform="youtube",account="youtube:@creator"';
const accountLabels = { platform: 'youtube', account: 'youtube:@creator' };

/** Good traffic, then an hour of nothing but dead letters, then good traffic again. */
const badHour: readonly Course[] = [
  {
    series: 'repost_publish_delay_seconds_count{platform="youtube"}',
    values: '0+1x60 60+0x60 60+1x480',
  },
  {
    series: 'repost_publish_delay_seconds_bucket{platform="youtube",le="1800"}',
    values: '0+1x60 60+0x60 60+1x480',
  },
  { series: 'repost_jobs_ended_total{platform="youtube",state="dead"}', values: '0+0x60 0+1x60 61+0x480' },
];

const cases: readonly Case[] = [
  {
    alert: 'RepostDown',
    input: [{ series: 'repost_daemon_running', values: '1x5 0x10 1x10' }],
    quiet: 5,
    fires: 9,
    labels: {},
    over: 20,
  },
  {
    alert: 'RepostSourceSilent',
    input: [
      {
        series: 'repost_source_last_success_timestamp_seconds{kind="tiktok",source="tiktok:@creator"}',
        values: '0x19 1200x5',
      },
      { series: 'repost_poll_interval_seconds', values: '120x30' },
    ],
    quiet: 10,
    fires: 13,
    labels: { kind: 'tiktok', source: 'tiktok:@creator' },
    over: 21,
  },
  {
    alert: 'RepostJobsFailed',
    input: [{ series: 'repost_jobs_ended_total{platform="youtube",state="dead"}', values: '0x5 2x90' }],
    quiet: 5,
    fires: 7,
    labels: { platform: 'youtube' },
    over: 70,
  },
  {
    alert: 'RepostUnknownOutcome',
    input: [{ series: 'repost_jobs{platform="youtube",state="unknown",reason=""}', values: '0x5 1x10 0x10' }],
    quiet: 5,
    fires: 8,
    labels: { platform: 'youtube' },
    over: 18,
  },
  {
    alert: 'RepostJobOverdue',
    input: [{ series: 'repost_oldest_due_job_age_seconds', values: '0+60x50 0x10' }],
    quiet: 30,
    fires: 40,
    labels: {},
    value: '40m 0s',
    over: 55,
  },
  {
    alert: 'RepostOldestJob',
    input: [{ series: 'repost_oldest_job_age_seconds{reason="login"}', values: '86000+60x30 0x10' }],
    quiet: 5,
    fires: 20,
    labels: { reason: 'login' },
    over: 35,
  },
  {
    alert: 'RepostBreakerOpen',
    input: [{ series: `repost_breaker_state{${account}}`, values: '0x5 2x10 0x10' }],
    quiet: 9,
    fires: 12,
    labels: accountLabels,
    over: 18,
  },
  {
    alert: 'RepostQuotaLow',
    input: [
      {
        series: 'repost_quota_left{platform="youtube",account="",bucket="uploads"}',
        values: '50x5 9x15 100x10',
      },
      { series: 'repost_quota_limit{platform="youtube",account="",bucket="uploads"}', values: '100x40' },
    ],
    quiet: 14,
    fires: 18,
    labels: { platform: 'youtube', bucket: 'uploads' },
    over: 25,
  },
  {
    alert: 'RepostLoginNeeded',
    input: [{ series: `repost_account_login_needed{${account}}`, values: '0x5 1x5 0x5' }],
    quiet: 5,
    fires: 7,
    labels: accountLabels,
    over: 13,
  },
  {
    alert: 'RepostSignInEndsSoon',
    input: [{ series: `repost_sign_in_end_timestamp_seconds{${account}}`, values: '605100x30 9999999x10' }],
    quiet: 4,
    fires: 15,
    labels: accountLabels,
    value: '6d 23h 50m 0s',
    over: 33,
  },
  {
    alert: 'RepostSignInEndsTomorrow',
    input: [
      {
        series: 'repost_sign_in_end_timestamp_seconds{platform="x",account="x:@creator"}',
        values: '86700x30 9999999x10',
      },
    ],
    quiet: 4,
    fires: 6,
    labels: { platform: 'x', account: 'x:@creator' },
    over: 33,
  },
  {
    alert: 'RepostPublishingHeld',
    input: [{ series: 'repost_publishing_held', values: '0x5 1x10 0x5' }],
    quiet: 9,
    fires: 12,
    labels: {},
    over: 18,
  },
  {
    alert: 'RepostBudgetBurnsFast',
    input: badHour,
    quiet: 60,
    fires: 120,
    labels: {},
    value: '100%',
    over: 160,
  },
  {
    alert: 'RepostBudgetBurns',
    input: badHour,
    quiet: 60,
    fires: 120,
    labels: {},
    value: '49.58%',
    over: 155,
  },
  {
    alert: 'RepostBudgetBurnsSlowly',
    input: badHour,
    quiet: 60,
    fires: 120,
    labels: {},
    value: '49.58%',
    over: 490,
  },
];

/**
 * The rules' own tests, for `promtool test rules`: each alert keeps quiet, fires, and is over. Those with metrics of
 * their own share one run of Prometheus, because starting it is what takes long.
 */
export function ruleTests(rulesFileName: string) {
  const [burning, others] = [true, false].map((burns) =>
    cases.filter(({ input }) => (input === badHour) === burns),
  );
  return {
    rule_files: [rulesFileName],
    evaluation_interval: '1m',
    // In any other order (promtool's own is by chance) alerts see what was recorded a minute ago.
    group_eval_order: rulesFile().groups.map(({ name }) => name),
    tests: [
      testOf(others ?? [], others?.flatMap(({ input }) => input) ?? []),
      testOf(burning ?? [], badHour),
    ],
  };
}

function testOf(members: readonly Case[], input: readonly Course[]) {
  return {
    interval: '1m',
    input_series: input.map(({ series, values }) => ({ series, values })),
    alert_rule_test: members.flatMap((one) => [
      { eval_time: `${one.quiet}m`, alertname: one.alert, exp_alerts: [] },
      { eval_time: `${one.fires}m`, alertname: one.alert, exp_alerts: [firingOf(one)] },
      { eval_time: `${one.over}m`, alertname: one.alert, exp_alerts: [] },
    ]),
  };
}

function firingOf({ alert, labels, value = '' }: Case) {
  const rule = alertRules().find((one) => one.alert === alert);
  const fill = (text = '') =>
    text
      .replace(/\{\{ \$labels\.(\w+) \}\}/gu, (_, name: string) => labels[name] ?? '')
      .replace(/\{\{ \$value[^}]*\}\}/gu, value);
  return {
    exp_labels: { ...labels, severity: rule?.severity, service: 'repost' },
    exp_annotations: { summary: fill(rule?.summary), description: fill(rule?.description) },
  };
}

/** Alerts that have a test: all of them, which a test of ours holds. */
export const testedAlerts: readonly string[] = cases.map(({ alert }) => alert);
