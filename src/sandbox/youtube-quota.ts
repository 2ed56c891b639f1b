import type { Clock } from '../core/clock.ts';
import { DAY, MINUTE } from '../core/clock.ts';
import { refuse } from './youtube-answers.ts';
import type { YoutubeQuirks } from './youtube-quirks.ts';

export type Bucket = 'uploads' | 'searches' | 'units';

export interface Quota {
  /** Spends from a project's bucket of the day, or refuses. A call that fails later has spent all the same. */
  spend(project: string, bucket: Bucket, amount: number): void;
  /** Spends from the channel's own, undisclosed, daily uploads, or refuses. */
  spendUpload(channelId: string): void;
  /** Looks at the channel's uploads without spending. */
  checkUpload(channelId: string): void;
  used(project: string): Record<Bucket, number>;
  /** Uses up the rest of a bucket. */
  drain(project: string, bucket: Bucket): void;
}

const metrics: Readonly<Record<Bucket, string>> = {
  uploads: 'Video Uploads',
  searches: 'Search Queries',
  units: 'Queries',
};

export function createQuota(clock: Clock, quirks: YoutubeQuirks): Quota {
  const spent = new Map<string, number>();
  const calls = new Map<string, number[]>();
  const uploads = new Map<string, number[]>();

  const keyOf = (project: string, bucket: Bucket) => `${project} ${bucket} ${pacificDate(clock.now())}`;
  const maxOf = (bucket: Bucket) =>
    ({ uploads: quirks.uploadsPerDay, searches: quirks.searchesPerDay, units: quirks.unitsPerDay })[bucket];

  function recent(times: Map<string, number[]>, key: string, ms: number): number[] {
    const kept = (times.get(key) ?? []).filter((at) => at > clock.now() - ms);
    times.set(key, kept);
    return kept;
  }

  function checkMinute(project: string): void {
    if (quirks.callsPerMinute <= 0) return;
    const made = recent(calls, project, MINUTE);
    if (made.length >= quirks.callsPerMinute)
      refuse(429, 'rateLimitExceeded', quotaText('Queries', 'Queries per minute', project), {
        rpcStatus: 'RESOURCE_EXHAUSTED',
      });
    made.push(clock.now());
  }

  const quota: Quota = {
    spend(project, bucket, amount) {
      checkMinute(project);
      const key = keyOf(project, bucket);
      const used = spent.get(key) ?? 0;
      if (used + amount > maxOf(bucket)) exhausted(project, bucket);
      spent.set(key, used + amount);
    },
    checkUpload(channelId) {
      if (recent(uploads, channelId, DAY).length >= quirks.channelPerDay)
        refuse(400, 'uploadLimitExceeded', 'The user has exceeded the number of videos they may upload.', {
          domain: 'youtube.video',
          location: 'body',
          locationType: 'other',
        });
    },
    spendUpload(channelId) {
      quota.checkUpload(channelId);
      recent(uploads, channelId, DAY).push(clock.now());
    },
    used: (project) => ({
      uploads: spent.get(keyOf(project, 'uploads')) ?? 0,
      searches: spent.get(keyOf(project, 'searches')) ?? 0,
      units: spent.get(keyOf(project, 'units')) ?? 0,
    }),
    drain(project, bucket) {
      spent.set(keyOf(project, bucket), maxOf(bucket));
    },
  };
  return quota;
}

/** The general bucket answers 403, the newer ones 429; only the text tells a day from a minute. */
function exhausted(project: string, bucket: Bucket): never {
  if (bucket === 'units')
    refuse(
      403,
      'quotaExceeded',
      'The request cannot be completed because you have exceeded your <a href="/youtube/v3/getting-started#quota">quota</a>.',
      { domain: 'youtube.quota' },
    );
  const metric = metrics[bucket];
  refuse(429, 'rateLimitExceeded', quotaText(metric, `${metric} per day`, project), {
    rpcStatus: 'RESOURCE_EXHAUSTED',
  });
}

function quotaText(metric: string, limit: string, project: string): string {
  return `Quota exceeded for quota metric '${metric}' and limit '${limit}' of service 'youtube.googleapis.com' for consumer 'project_number:${project}'.`;
}

const pacific = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Los_Angeles', dateStyle: 'short' });

/** The date on a calendar in California: `2026-11-22`. */
function pacificDate(at: number): string {
  return pacific.format(at);
}
