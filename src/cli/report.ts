import type { TracedExchange } from '../core/session.ts';
import type { EngineEvent } from '../engine/deps.ts';
import { mask } from '../net/redact.ts';
import type { JobView } from '../store/types.ts';
import { schemaVersion } from '../web/views.ts';
import type { App } from './app.ts';
import { lineWidth, painter, shorten, wantsColor } from './io.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { streamOf } from './out.ts';
import { sentenceOf } from './sentences.ts';
import type { Spinner } from './spinner.ts';
import { bar, clockText, lines } from './table.ts';
import { fold } from './wrap.ts';

/** Says what the engine does: as JSON lines, as log lines, beside something that turns, or not at all. */
export interface Reporter {
  tell(event: EngineEvent): void;
  say(event: string, facts: Readonly<Record<string, unknown>>): void;
  close(): void;
}

type Level = 'debug' | 'info' | 'warn' | 'error';
const levels: readonly string[] = ['debug', 'info', 'warn', 'error'];

/** The settings `log.level` and `timezone` are read at each line: they may change meanwhile. */
export function createReporter(app: App, form: 'json' | 'lines' | 'silent', spinner?: Spinner): Reporter {
  if (form === 'silent') return { tell: () => undefined, say: () => undefined, close: () => undefined };
  const { io } = app;
  const paint = painter(wantsColor(io, io.stderr));
  const progress = spinner && progressLines(spinner);
  const levelFor = levelByNews();

  const log = openLog(app);

  const write = (event: string, facts: Readonly<Record<string, unknown>>, level: Level) => {
    if (levels.indexOf(level) < levels.indexOf(app.config.text('log.level'))) return;
    const now = app.clock.now();
    if (form === 'json') {
      const at = new Date(now).toISOString();
      return log.write(JSON.stringify({ schemaVersion, at, level, event, ...facts }));
    }
    const clock = (instant: number) => clockText(instant, app.config.text('timezone'));
    // A log keeps the day; who watches knows it.
    const watched = io.stderr.isTTY === true && !log.inFile();
    const at = watched ? clock(now) : `${new Date(now).toISOString().slice(0, 19)}Z`;
    const voice = log.inFile() ? plain : paint;
    log.write(`${voice('dim', at)} ${sentenceOf(event, facts, { paint: voice, clock })}`);
  };

  return {
    tell(event) {
      progress?.(event);
      if (event.kind === 'job-progress') return;
      write(event.kind, factsOf(event), levelFor(event));
    },
    say: (event, facts) => write(event, facts, levelOf(event)),
    close: () => {
      spinner?.close();
      log.close();
    },
  };
}

const plain = painter(false);

/** Standard error, or the file that the setting `log.file` names now. */
function openLog(app: App) {
  let file: LogFile | undefined;
  const bounds = () => ({ maxBytes: app.config.number('log.maxSize'), keep: app.config.number('log.keep') });
  const inFile = () => app.config.text('log.file') !== '';
  return {
    inFile,
    write(text: string): void {
      // The second net: whatever a line was made of, no secret stays in it.
      const line = mask(text);
      const path = app.config.text('log.file');
      if (file?.path !== path) {
        file?.close();
        file = path === '' ? undefined : openLogFile(path, bounds);
      }
      if (file) file.write(line);
      else streamOf(app.io.stderr).write(`${fold(line, lineWidth(app.io.stderr))}\n`);
    },
    close: () => file?.close(),
  };
}

function levelOf(event: string): Level {
  const warned = ['poll-failed', 'login-needed', 'quarantine', 'paused', 'notice'];
  if (warned.includes(event)) return 'warn';
  return event === 'error' || event === 'trouble' ? 'error' : 'info';
}

/** A poll that found nothing, and a job that waits for the same thing once more, are no news. */
function levelByNews(): (event: EngineEvent) => Level {
  const told = new Map<number, string>();
  return (event) => {
    if (event.kind === 'poll' && event.fresh === 0) return 'debug';
    if (event.kind === 'exchange') return 'debug';
    if (!('job' in event)) return levelOf(event.kind);
    const { id, state, reason } = event.job;
    const before = told.get(id);
    if (event.kind === 'job-started') {
      if (before === undefined) told.set(id, '');
      return before === undefined ? 'info' : 'debug';
    }
    if (state !== 'waiting') {
      told.delete(id);
      return state === 'dead' || state === 'unknown' ? 'warn' : 'info';
    }
    told.set(id, String(reason));
    return before === reason ? 'debug' : 'info';
  };
}

/** A line for each running job, its upload as a bar. */
function progressLines(spinner: Spinner): (event: EngineEvent) => void {
  const running = new Map<number, { account: string; doing: string }>();
  return (event) => {
    if (!('job' in event) || event.kind === 'exchange') return;
    const { job } = event;
    if (event.kind === 'job-ended') running.delete(job.id);
    else
      running.set(job.id, {
        account: job.account.account,
        doing: event.kind === 'job-progress' ? doingNow(event) : 'publishing',
      });
    const rows = [...running.values()].map(({ account, doing }) => [account, doing]);
    spinner.show(rows.length === 0 ? 'waiting for what comes due' : lines(rows).join('\n  '));
  };
}

/** A part of a whole where the file is made to fit; bytes where it is sent. */
function doingNow({ phase, done, total }: Extract<EngineEvent, { kind: 'job-progress' }>): string {
  return phase === 'preparing' ? `making the file fit ${Math.floor(done * 100)} %` : bar(done, total);
}

export function factsOf(event: Exclude<EngineEvent, { kind: 'job-progress' }>): Record<string, unknown> {
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
    case 'backfill':
      return {
        rule: event.rule,
        videos: event.videos,
        posts: event.posts,
        firstAt: isoOrNull(event.firstAt),
        lastAt: isoOrNull(event.lastAt),
      };
    case 'trouble':
    case 'notice':
      return { message: event.message };
    case 'login-needed':
      return { account: event.account.account, message: event.message };
    case 'exchange':
      return exchangeFacts(event.job, event.exchange);
    default:
      return jobFacts(event.job);
  }
}

const isoOrNull = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/** The address without its query: what a line needs, and nothing that could be a key. */
function exchangeFacts(job: JobView, exchange: TracedExchange): Record<string, unknown> {
  const { method, url, status, startedAt, endedAt, sentBytes, call } = exchange;
  return {
    job: job.id,
    account: job.account.account,
    call: call ?? null,
    method,
    url: url.split('?', 1)[0],
    status,
    ms: endedAt - startedAt,
    sentBytes,
  };
}

function jobFacts(job: JobView): Record<string, unknown> {
  const over = job.state === 'published' || job.state === 'running';
  return {
    job: job.id,
    account: job.account.account,
    video: job.video.id,
    state: job.state,
    reason: job.reason,
    attempt: job.attempt,
    url: job.post?.url ?? null,
    error: over ? null : job.error,
    runAt: job.state === 'waiting' ? new Date(job.runAt).toISOString() : null,
    lagSeconds: job.post ? Math.round(job.post.lagMs / 100) / 10 : null,
    caption: shorten(job.video.caption, 60),
    warnings: job.post?.warnings ?? [],
  };
}
