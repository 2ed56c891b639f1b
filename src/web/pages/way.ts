import { codes } from '../../core/codes.ts';
import type { AttemptRow, JobView, StepRow } from '../../store/types.ts';
import { type Html, html } from '../html.ts';
import { fullText, lengthText, secondsText, shortText } from './times.ts';
import type { View } from './view.ts';
import { platformTag, stateChip, stateWords } from './words.ts';

/** One stop on the way of a video to a destination. */
export interface Stop {
  what: string;
  /** Epoch ms; null: not reached yet. */
  at: number | null;
  tone: 'done' | 'doubt' | 'trouble' | 'ahead';
}

/** The stops of a job in the order of time, from the source to the post or to where it stands now. Pure. */
export function stopsOf(job: JobView, steps: readonly StepRow[], attempts: readonly AttemptRow[]): Stop[] {
  const reached: Stop[] = [
    { what: 'at the source', at: job.video.publishedAt, tone: 'done' },
    { what: 'seen', at: job.createdAt, tone: 'done' },
    ...attempts.flatMap((attempt): Stop[] =>
      attempt.error && attempt.outcome !== 'published'
        ? [
            {
              what: codes[attempt.error.code].title.replace(/\.$/u, ''),
              at: attempt.endedAt,
              tone: 'trouble',
            },
          ]
        : [],
    ),
    ...steps.map(stopOf),
  ];
  const sorted = reached.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  return [...thinned(sorted), lastOf(job)];
}

function stopOf({ name, state, doneAt, sentAt, kind }: StepRow): Stop {
  if (state === 'done') return { what: name, at: doneAt, tone: 'done' };
  return { what: name, at: sentAt, tone: kind === 'commit' ? 'doubt' : 'ahead' };
}

function lastOf(job: JobView): Stop {
  const [words] = stateWords(job.state, job.reason);
  const what = words.toLowerCase();
  switch (job.state) {
    case 'published':
      return { what, at: job.post?.publishedAt ?? job.updatedAt, tone: 'done' };
    case 'unknown':
      return { what, at: job.updatedAt, tone: 'doubt' };
    case 'dead':
    case 'cancelled':
      return { what, at: job.updatedAt, tone: 'trouble' };
    case 'running':
      return { what, at: null, tone: 'ahead' };
    case 'waiting':
      return { what, at: waitsForPerson(job) ? null : job.runAt, tone: 'ahead' };
  }
}

/** What its person has to do first has no due time. */
function waitsForPerson({ reason }: JobView): boolean {
  return reason === 'approval' || reason === 'login' || reason === 'paused';
}

/** Most failures that are drawn: of a long fight the first and the last tell enough. */
const MOST_TROUBLES = 3;

function thinned(stops: readonly Stop[]): Stop[] {
  const troubles = stops.filter(({ tone }) => tone === 'trouble');
  const dropped = new Set(troubles.slice(1, Math.max(1, troubles.length - MOST_TROUBLES + 1)));
  return stops.filter((stop) => !dropped.has(stop));
}

/** A lane: where it goes, and its stops with their times. */
export function wayLane(view: View, job: JobView, stops: readonly Stop[]): Html {
  return html`<section class="lane" aria-label="Way to ${job.account.account}"><header><a href="/jobs/${job.id}">${platformTag(job.account.platform, job.account.handle)}</a>${stateChip(job)}</header>${wayList(view, stops)}</section>`;
}

export function wayList(view: View, stops: readonly Stop[]): Html {
  const last = stops.length - 1;
  return html`<ol class="way">${stops.map((stop, index) => {
    const before = stops[index - 1]?.at;
    const took = stop.at !== null && before !== undefined && before !== null ? stop.at - before : undefined;
    const time = (at: number) =>
      stop.tone === 'ahead' ? `due ${shortText(at, view)}` : secondsText(at, view.timeZone);
    return html`<li class="${stop.tone}${index === last ? ' last' : ''}"><span class="what">${stop.what}</span>${
      stop.at === null
        ? null
        : html`<time datetime="${new Date(stop.at).toISOString()}" title="${fullText(stop.at, view.timeZone)}">${time(stop.at)}</time>`
    }${took !== undefined && took > 0 && stop.tone !== 'ahead' ? html`<span class="took">+${lengthText(took)}</span>` : null}</li>`;
  })}</ol>`;
}

/** A job's stops, read from the store. */
export async function readStops({ store }: View, job: JobView): Promise<Stop[]> {
  const [steps, attempts] = [await store.journal.load(job.id), await store.jobs.attempts(job.id)];
  return stopsOf(job, steps, attempts);
}
