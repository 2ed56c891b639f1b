import type { EngineEvent } from '../engine/deps.ts';
import type { JobView } from '../store/types.ts';
import { harmless, type Io, painter, shorten, wantsColor } from './io.ts';
import { spanText } from './table.ts';

/** Says what the engine does: as JSON lines, as log lines, as a living line on a terminal, or not at all. */
export interface Reporter {
  tell(event: EngineEvent): void;
  say(event: string, facts: Readonly<Record<string, unknown>>): void;
  close(): void;
}

export function createReporter(io: Io, form: 'json' | 'lines' | 'progress' | 'silent'): Reporter {
  if (form === 'silent') return { tell: () => undefined, say: () => undefined, close: () => undefined };
  const paint = painter(wantsColor(io, io.stderr));
  const progress = form === 'progress' && io.stderr.isTTY ? liveLine(io) : undefined;
  const line = (text: string) => {
    progress?.clear();
    io.stderr.write(`${text}\n`);
  };
  const say = (event: string, facts: Readonly<Record<string, unknown>>) => {
    const at = new Date().toISOString();
    if (form === 'json')
      io.stderr.write(`${JSON.stringify({ at, level: levelOf(event), event, ...facts })}\n`);
    else line(`${paint('dim', at.slice(11, 19))} ${sentence(event, facts, paint)}`);
  };
  return {
    tell(event) {
      if (event.kind === 'job-progress') progress?.show(barText(event.job, event.done, event.total));
      else if (event.kind === 'poll' ? event.fresh > 0 || form === 'json' : true)
        say(event.kind, factsOf(event));
    },
    say,
    close: () => progress?.clear(),
  };
}

function levelOf(event: string): string {
  if (event === 'poll-failed' || event === 'login-needed') return 'warn';
  return event === 'error' || event === 'trouble' ? 'error' : 'info';
}

function factsOf(event: EngineEvent): Record<string, unknown> {
  switch (event.kind) {
    case 'poll':
      return { source: event.source.name, found: event.found, fresh: event.fresh };
    case 'poll-failed':
      return { source: event.source.name, message: event.message };
    case 'video':
      return {
        source: event.source.name,
        video: event.videoId,
        remoteId: event.remoteId,
        jobs: event.jobs,
        skipped: event.skipped,
      };
    case 'catch-up':
      return { source: event.source.name, rule: event.rule, missed: event.missed, taken: event.taken };
    case 'trouble':
      return { message: event.message };
    case 'login-needed':
      return { account: event.account.account, message: event.message };
    default:
      return jobFacts(event.job);
  }
}

function jobFacts(job: JobView): Record<string, unknown> {
  return {
    job: job.id,
    account: job.account.account,
    video: job.video.id,
    state: job.state,
    reason: job.reason,
    attempt: job.attempt,
    url: job.post?.url ?? null,
    error: job.state === 'published' || job.state === 'running' ? null : job.error,
    runAt: job.state === 'waiting' ? new Date(job.runAt).toISOString() : null,
    lagSeconds: job.post ? Math.round(job.post.lagMs / 100) / 10 : null,
    caption: shorten(job.video.caption, 60),
  };
}

function sentence(
  event: string,
  facts: Readonly<Record<string, unknown>>,
  paint: ReturnType<typeof painter>,
): string {
  const text = (name: string) => harmless(String(facts[name] ?? ''));
  switch (event) {
    case 'poll':
      return `${text('source')}: ${text('fresh')} new`;
    case 'poll-failed':
      return `${paint('yellow', `${text('source')} could not be read:`)} ${text('message')}`;
    case 'video':
      return `video ${text('video')} from ${text('source')}: ${Number(facts['jobs']) > 0 ? `${text('jobs')} job(s)` : 'not taken'}`;
    case 'catch-up':
      return `rule “${text('rule')}”: ${text('missed')} video(s) appeared meanwhile, ${text('taken')} taken (its catch-up)`;
    case 'login-needed':
      return paint('yellow', `${text('account')} must sign in again: ${text('message')}`);
    case 'job-started':
      return `job ${text('job')} → ${text('account')}: “${text('caption')}”`;
    case 'job-ended':
      return `job ${text('job')} → ${text('account')}: ${endText(facts, paint)}`;
    default:
      return [
        event,
        ...Object.entries(facts).map(([key, value]) => `${key}=${harmless(String(value))}`),
      ].join(' ');
  }
}

function endText(facts: Readonly<Record<string, unknown>>, paint: ReturnType<typeof painter>): string {
  const error = facts['error'] as { message: string; code: string } | null;
  const why = error ? `: ${harmless(error.message)} (${error.code})` : '';
  if (facts['state'] === 'published')
    return paint(
      'green',
      `published ${String(facts['url'] ?? '')} after ${spanText(Number(facts['lagSeconds']) * 1000)}`,
    );
  if (facts['state'] === 'waiting')
    return `waits (${String(facts['reason'])}) until ${String(facts['runAt']).slice(11, 19)}${why}`;
  return paint('red', `${String(facts['state'])}${why}`);
}

function barText(job: JobView, done: number, total: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(share * 20);
  return `job ${job.id} → ${job.account.account} ${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${Math.round(share * 100)} %`;
}

/** One line at the bottom that is written over. */
function liveLine(io: Io) {
  let shown = false;
  return {
    show(text: string) {
      io.stderr.write(`\r\u001b[2K${text}`);
      shown = true;
    },
    clear() {
      if (shown) io.stderr.write('\r\u001b[2K');
      shown = false;
    },
  };
}
