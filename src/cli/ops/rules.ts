/** One alert of the Prometheus rules. */
export interface AlertRule {
  alert: string;
  expr: string;
  /** Minutes for which it must hold. */
  forMinutes: number;
  severity: 'critical' | 'warning' | 'info';
  summary: string;
  description: string;
}

export interface RuleOptions {
  /** Everything that is a length of time is divided by this: for trying the rules without waiting for days. */
  speed?: number;
}

/** The service objective: this part of the jobs is published within half an hour of being wanted. */
const OBJECTIVE = 0.99;
const BUDGET = Number((1 - OBJECTIVE).toFixed(4));

/** Windows over which the budget's use is measured, in minutes. */
const windows = { '5m': 5, '30m': 30, '1h': 60, '6h': 360, '3d': 4320 } as const;
type WindowName = keyof typeof windows;

/** https://sre.google/workbook/alerting-on-slos/: how fast the budget burns, over a long and a short window. */
const burns = [
  { alert: 'RepostBudgetBurnsFast', factor: 14.4, long: '1h', short: '5m', least: 5, severity: 'critical' },
  { alert: 'RepostBudgetBurns', factor: 6, long: '6h', short: '30m', least: 5, severity: 'critical' },
  { alert: 'RepostBudgetBurnsSlowly', factor: 1, long: '3d', short: '6h', least: 10, severity: 'warning' },
] as const satisfies readonly {
  alert: string;
  factor: number;
  long: WindowName;
  short: WindowName;
  least: number;
  severity: AlertRule['severity'];
}[];

/** `1h` at speed 1, fewer milliseconds at others. */
function span(minutes: number, speed: number): string {
  const ms = Math.max(1, Math.round((minutes * 60_000) / speed));
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000}d`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** Recording rules: how many jobs ended, and what part of them late, dead or unknown. */
export function recordingRules({ speed = 1 }: RuleOptions = {}): { record: string; expr: string }[] {
  return Object.entries(windows).flatMap(([name, minutes]) => {
    const range = span(minutes, speed);
    const ended = `sum(increase(repost_publish_delay_seconds_count[${range}])) + sum(increase(repost_jobs_ended_total{state=~"dead|unknown"}[${range}]))`;
    const inTime = `sum(increase(repost_publish_delay_seconds_bucket{le="1800"}[${range}]))`;
    return [
      { record: `repost:publish_ended:increase${name}`, expr: ended },
      { record: `repost:publish_bad:ratio${name}`, expr: `1 - ${inTime} / (${ended} > 0)` },
    ];
  });
}

export function alertRules({ speed = 1 }: RuleOptions = {}): AlertRule[] {
  const hour = span(60, speed);
  return [
    {
      alert: 'RepostDown',
      expr: 'absent(repost_daemon_running == 1)',
      forMinutes: 2,
      severity: 'critical',
      summary: 'No repost daemon is running',
      description: 'New videos are neither seen nor published. Look: repost service status, repost doctor.',
    },
    {
      alert: 'RepostSourceSilent',
      expr: `(time() - repost_source_last_success_timestamp_seconds) > on () group_left () clamp_min(5 * max(repost_poll_interval_seconds), ${600 / speed}) or repost_source_failures >= 10`,
      forMinutes: 1,
      severity: 'critical',
      summary: '{{ $labels.source }} does not answer',
      description:
        'No good look at {{ $labels.source }} for more than five intervals. See: repost status, repost source list.',
    },
    {
      alert: 'RepostJobsFailed',
      expr: `sum by (platform) (increase(repost_jobs_ended_total{state="dead"}[${hour}])) > 0`,
      forMinutes: 0,
      severity: 'warning',
      summary: 'Jobs to {{ $labels.platform }} failed for good',
      description: 'They are dead letters: repost jobs list --state dead; then repost jobs retry or cancel.',
    },
    {
      alert: 'RepostUnknownOutcome',
      expr: 'sum by (platform) (repost_jobs{state="unknown"}) > 0',
      forMinutes: 1,
      severity: 'warning',
      summary: 'Nobody can say whether {{ $labels.platform }} published something',
      description:
        'Look at the account, then: repost jobs list --state unknown, repost jobs resolve ID. Nothing is repeated by itself.',
    },
    {
      alert: 'RepostJobOverdue',
      expr: `repost_oldest_due_job_age_seconds > ${1800 / speed}`,
      forMinutes: 5,
      severity: 'warning',
      summary: 'A job has been due for {{ $value | humanizeDuration }} and does not run',
      description:
        'The daemon is down, held, or has too much to do: repost status, repost jobs list --state waiting.',
    },
    {
      alert: 'RepostOldestJob',
      expr: `repost_oldest_job_age_seconds{reason=~"quota|backoff|processing|media|login|breaker|approval"} > ${86_400 / speed}`,
      forMinutes: 5,
      severity: 'warning',
      summary: 'A job waits for more than a day ({{ $labels.reason }})',
      description: 'See what it waits for: repost jobs list --state waiting; repost limits.',
    },
    {
      alert: 'RepostBreakerOpen',
      expr: 'repost_breaker_state == 2',
      forMinutes: 5,
      severity: 'warning',
      summary: '{{ $labels.account }} stands still: its platform keeps failing',
      description:
        'Nothing is sent there until a look shows that it works again. See: repost jobs list --platform {{ $labels.platform }}.',
    },
    {
      alert: 'RepostQuotaLow',
      expr: 'repost_quota_left / (repost_quota_limit > 0) < 0.1',
      forMinutes: 10,
      severity: 'info',
      summary: 'Little is left of a limit of {{ $labels.platform }} ({{ $labels.bucket }})',
      description: 'Jobs will wait until its window frees: repost limits, repost plan.',
    },
    {
      alert: 'RepostLoginNeeded',
      expr: 'repost_account_login_needed == 1',
      forMinutes: 0,
      severity: 'critical',
      summary: '{{ $labels.account }} must be signed in again',
      description: 'Its jobs wait for that: repost login {{ $labels.platform }}.',
    },
    {
      alert: 'RepostSignInEndsSoon',
      expr: '(repost_sign_in_end_timestamp_seconds - time()) < 7 * 86400 > 86400',
      forMinutes: 5,
      severity: 'warning',
      summary: 'The sign-in of {{ $labels.account }} ends in {{ $value | humanizeDuration }}',
      description: 'Renew it in time: repost login {{ $labels.platform }}. See: repost accounts.',
    },
    {
      alert: 'RepostSignInEndsTomorrow',
      expr: '(repost_sign_in_end_timestamp_seconds - time()) <= 86400',
      forMinutes: 0,
      severity: 'critical',
      summary: 'The sign-in of {{ $labels.account }} ends within a day',
      description: 'Renew it now: repost login {{ $labels.platform }}. After that its jobs wait.',
    },
    {
      alert: 'RepostPublishingHeld',
      expr: 'repost_publishing_held == 1',
      forMinutes: 5,
      severity: 'critical',
      summary: 'Publishing is held',
      description: 'This home may be a copy, or a restored backup. See: repost quarantine.',
    },
    ...burns.map(({ alert, factor, long, short, least, severity }) => {
      const limit = Number((factor * BUDGET).toFixed(4));
      return {
        alert,
        // With few posts one late one is a large part: a burn wants some number of them.
        expr: `repost:publish_bad:ratio${long} > ${limit} and repost:publish_bad:ratio${short} > ${limit} and repost:publish_ended:increase${long} >= ${least}`,
        forMinutes: 0,
        severity,
        summary: `Too many posts are late, dead or unknown (${long})`,
        description: `{{ $value | humanizePercentage }} of what ended in ${long}; the objective is ${OBJECTIVE * 100} % within half an hour. See: repost status.`,
      };
    }),
  ];
}

/** The rules file, as Prometheus reads it. */
export function rulesFile(options: RuleOptions = {}) {
  const { speed = 1 } = options;
  return {
    groups: [
      { name: 'repost-objective', rules: recordingRules(options) },
      {
        name: 'repost',
        rules: alertRules(options).map(({ alert, expr, forMinutes, severity, summary, description }) => ({
          alert,
          expr,
          ...(forMinutes === 0 ? {} : { for: span(forMinutes, speed) }),
          labels: { severity, service: 'repost' },
          annotations: { summary, description },
        })),
      },
    ],
  };
}
