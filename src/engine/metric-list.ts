import type { TallyRow } from '../store/types.ts';

/** One metric, as the exposition, the manual and the rules know it. */
export interface MetricSpec {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
  /** The tally that it shows, where the store keeps it. */
  tally?: TallyRow['metric'];
  /** Upper bounds, of histograms. */
  buckets?: readonly number[];
  /** True where only the daemon's own process can tell: absent in `repost metrics` and in the text file. */
  daemonOnly?: true;
}

/** For requests to platforms, an upload's parts among them (s). */
export const requestBuckets: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

// As the store's triggers have them.
const runs = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
const lags = [10, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400, 604_800];
const waits = [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 3600];

/** Every metric: names and units by https://prometheus.io/docs/practices/naming/. The manual's table is made of this. */
export const metricSpecs = [
  // Jobs and posts.
  {
    name: 'repost_jobs',
    type: 'gauge',
    help: 'Jobs by state, and by reason while they wait.',
    labels: ['platform', 'state', 'reason'],
    tally: 'jobs',
  },
  {
    name: 'repost_jobs_created_total',
    type: 'counter',
    help: 'Jobs that rules made.',
    labels: ['platform'],
    tally: 'created',
  },
  {
    name: 'repost_jobs_ended_total',
    type: 'counter',
    help: 'Times a job came to an end: published, dead, unknown, cancelled.',
    labels: ['platform', 'state'],
    tally: 'ended',
  },
  {
    name: 'repost_job_failures_total',
    type: 'counter',
    help: 'Runs of jobs that ended with an error, by its code (waiting for a limit or a window is one too).',
    labels: ['platform', 'code'],
    tally: 'failures',
  },
  {
    name: 'repost_publish_duration_seconds',
    type: 'histogram',
    help: 'Length of one run of a job, by what came of it.',
    labels: ['platform', 'outcome'],
    tally: 'attempt_seconds',
    buckets: runs,
  },
  {
    name: 'repost_detection_to_published_seconds',
    type: 'histogram',
    help: 'From the moment a video was seen to its post.',
    labels: ['platform'],
    tally: 'detection_seconds',
    buckets: lags,
  },
  {
    name: 'repost_source_to_published_seconds',
    type: 'histogram',
    help: 'From the moment a video was published at its source to its post.',
    labels: ['platform'],
    tally: 'source_seconds',
    buckets: lags,
  },
  {
    name: 'repost_publish_delay_seconds',
    type: 'histogram',
    help: 'From the moment rules and approval let a job go out to its post; the service objective is measured on this.',
    labels: ['platform'],
    tally: 'delay_seconds',
    buckets: lags,
  },
  {
    name: 'repost_queue_wait_seconds',
    type: 'histogram',
    help: 'From the moment a job came due to the start of its run.',
    labels: ['platform'],
    tally: 'wait_seconds',
    buckets: waits,
  },
  {
    name: 'repost_published_bytes_total',
    type: 'counter',
    help: 'Bytes of the videos that were published.',
    labels: ['platform'],
    tally: 'bytes',
  },
  {
    name: 'repost_oldest_job_age_seconds',
    type: 'gauge',
    help: 'Age of the oldest waiting job, by reason.',
    labels: ['reason'],
  },
  {
    name: 'repost_oldest_due_job_age_seconds',
    type: 'gauge',
    help: 'How long the longest overdue job has been due without running; 0 where none is.',
    labels: [],
  },
  {
    name: 'repost_publishing_held',
    type: 'gauge',
    help: '1 while publishing is held because this home may be a copy (see repost quarantine).',
    labels: [],
  },
  // Hosts of a shared store.
  {
    name: 'repost_host_last_seen_timestamp_seconds',
    type: 'gauge',
    help: 'When a host of a shared store last gave a sign of life, by the database’s clock.',
    labels: ['host'],
  },
  {
    name: 'repost_host_running_jobs',
    type: 'gauge',
    help: 'Jobs that a host of a shared store holds.',
    labels: ['host'],
  },
  {
    name: 'repost_host_clock_skew_seconds',
    type: 'gauge',
    help: 'How far a host’s clock is ahead of the database’s.',
    labels: ['host'],
  },
  // Sources.
  {
    name: 'repost_videos_seen_total',
    type: 'counter',
    help: 'Videos taken note of, by kind of source.',
    labels: ['kind'],
    tally: 'videos',
  },
  {
    name: 'repost_source_polls_total',
    type: 'counter',
    help: 'Looks at sources, by kind of source and by how they ended.',
    labels: ['kind', 'outcome'],
    tally: 'polls',
  },
  {
    name: 'repost_source_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When a source last answered.',
    labels: ['kind', 'source'],
  },
  {
    name: 'repost_source_failures',
    type: 'gauge',
    help: 'Looks at a source that failed since the last good one.',
    labels: ['kind', 'source'],
  },
  {
    name: 'repost_poll_interval_seconds',
    type: 'gauge',
    help: 'How often each source is asked while all is well.',
    labels: [],
  },
  // Accounts and limits.
  {
    name: 'repost_account_login_needed',
    type: 'gauge',
    help: '1 while an account must be signed in again by its person.',
    labels: ['platform', 'account'],
  },
  {
    name: 'repost_token_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the access token ends; it is renewed by itself where it can be.',
    labels: ['platform', 'account'],
  },
  {
    name: 'repost_sign_in_end_timestamp_seconds',
    type: 'gauge',
    help: 'When the sign-in itself ends unless its person renews it; absent where it has no end.',
    labels: ['platform', 'account'],
  },
  {
    name: 'repost_breaker_state',
    type: 'gauge',
    help: 'Circuit breaker of a lane: 0 closed, 1 about to probe, 2 open.',
    labels: ['platform', 'account'],
  },
  {
    name: 'repost_quota_left',
    type: 'gauge',
    help: 'What may still be spent from a limit in its window; no account where the limit is the app’s or the user’s.',
    labels: ['platform', 'account', 'bucket'],
  },
  {
    name: 'repost_quota_limit',
    type: 'gauge',
    help: 'The most that may be spent from a limit in its window.',
    labels: ['platform', 'account', 'bucket'],
  },
  {
    name: 'repost_accounts_left_out',
    type: 'gauge',
    help: 'Accounts that have no series of their own, because there are too many.',
    labels: [],
  },
  // The network, as the daemon sees it.
  {
    name: 'repost_http_request_duration_seconds',
    type: 'histogram',
    help: 'Requests to platforms, by the class of their answer (2xx, 4xx, 429, 5xx, none).',
    labels: ['platform', 'outcome'],
    buckets: requestBuckets,
    daemonOnly: true,
  },
  {
    name: 'repost_http_sent_bytes_total',
    type: 'counter',
    help: 'Bytes of request bodies sent to platforms.',
    labels: ['platform'],
    daemonOnly: true,
  },
  // This machine and this process.
  {
    name: 'repost_build_info',
    type: 'gauge',
    help: 'Always 1; the version is in its label.',
    labels: ['version'],
  },
  {
    name: 'repost_daemon_running',
    type: 'gauge',
    help: '1 while a daemon (or a sync) works on this home.',
    labels: [],
  },
  {
    name: 'repost_database_bytes',
    type: 'gauge',
    help: 'Size of the database.',
    labels: [],
  },
  {
    name: 'repost_disk_free_bytes',
    type: 'gauge',
    help: 'Free space where the database is.',
    labels: [],
  },
  {
    name: 'repost_event_loop_delay_seconds',
    type: 'gauge',
    help: 'How late the event loop was when it was asked.',
    labels: [],
    daemonOnly: true,
  },
  {
    name: 'repost_event_loop_active_seconds_total',
    type: 'counter',
    help: 'Time that the event loop was busy.',
    labels: [],
    daemonOnly: true,
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'Processor time that the daemon used.',
    labels: [],
    daemonOnly: true,
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Memory that the daemon holds.',
    labels: [],
    daemonOnly: true,
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the daemon started.',
    labels: [],
    daemonOnly: true,
  },
] as const satisfies readonly MetricSpec[];

export type MetricName = (typeof metricSpecs)[number]['name'];
