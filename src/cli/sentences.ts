import { counted } from './counted.ts';
import { harmless, type Paint } from './io.ts';
import { spanText } from './table.ts';

type Facts = Readonly<Record<string, unknown>>;

interface Voice {
  paint: Paint;
  /** An instant (epoch ms) as a clock shows it. */
  clock(at: number): string;
}

/** An event of the engine or the daemon as one line for people. */
export function sentenceOf(event: string, facts: Facts, voice: Voice): string {
  const { paint } = voice;
  const text = (name: string) => harmless(String(facts[name] ?? ''));
  const moment = (name: string) => text(name).replace(/^([\d-]+)T([\d:]+)\..*$/u, '$1 $2 UTC');
  switch (event) {
    case 'poll':
      return `${text('source')}: ${text('fresh')} new`;
    case 'poll-failed':
      return `${paint('yellow', `${text('source')} could not be read:`)} ${text('message')}`;
    case 'video':
      return `video ${text('video')} from ${text('source')}: ${taken(facts)}`;
    case 'catch-up':
      return `rule “${text('rule')}”: ${text('missed')} video(s) appeared meanwhile, ${text('taken')} taken (its catch-up)`;
    case 'backfill':
      return Number(facts['posts']) === 0
        ? `rule “${text('rule')}”: its backfill finds nothing that it wants`
        : `rule “${text('rule')}”: its backfill makes ${counted(Number(facts['posts']), 'post')} of ${counted(Number(facts['videos']), 'video')}, from ${moment('firstAt')} to ${moment('lastAt')}`;
    case 'login-needed':
      return paint('yellow', `${text('account')} must sign in again: ${text('message')}`);
    case 'quarantine':
    case 'notice':
      return paint('yellow', text('message'));
    case 'trouble':
    case 'error':
      return paint('red', text('message'));
    case 'started':
      return `started repost ${text('version')} on ${text('home')}${Number(facts['recovered']) > 0 ? `; ${text('recovered')} job(s) were in flight and go on` : ''}`;
    case 'paused':
      return paint('yellow', `paused since ${text('since')}; go on with: repost daemon resume`);
    case 'resumed':
      return 'going on after the pause';
    case 'listening':
      return `the page and the API: ${text('address')} (open it with: repost dashboard)`;
    case 'stopping':
      return `stopping: ${text('message')}`;
    case 'job-started':
      return `job ${text('job')} → ${text('account')}: “${text('caption')}”`;
    case 'exchange':
      return paint(
        'dim',
        `job ${text('job')} → ${text('account')}: ${text('method')} ${text('url')} ${facts['status'] === null ? 'no answer' : text('status')} (${text('ms')} ms)`,
      );
    case 'job-ended':
      return `job ${text('job')} → ${text('account')}: ${ending(facts, voice)}`;
    default:
      return [
        event,
        ...Object.entries(facts).map(([key, value]) => `${key}=${harmless(String(value))}`),
      ].join(' ');
  }
}

function taken(facts: Facts): string {
  if (Number(facts['jobs']) > 0) return counted(Number(facts['jobs']), 'job');
  const skipped = (facts['skipped'] ?? []) as readonly { rule: string; why: string }[];
  const why = skipped.map((one) => `${one.rule}: ${one.why}`).join('; ');
  return `not taken${why ? ` (${harmless(why)})` : ''}`;
}

function ending(facts: Facts, { paint, clock }: Voice): string {
  const error = facts['error'] as { message: string; code: string } | null;
  const why = error ? `: ${harmless(error.message)} (${error.code})` : '';
  if (facts['state'] === 'published') {
    const where = harmless(String(facts['url'] ?? ''));
    const done = paint('green', `published ${where} after ${spanText(Number(facts['lagSeconds']) * 1000)}`);
    const warnings = (facts['warnings'] ?? []) as readonly string[];
    return [done, ...warnings.map((warning) => paint('yellow', `note: ${harmless(warning)}`))].join('; ');
  }
  if (facts['state'] === 'waiting') {
    const until = clock(Date.parse(String(facts['runAt'])));
    // That a platform still looks at an upload is no error, so it is given no code.
    const said = facts['reason'] === 'processing' && error ? `: ${harmless(error.message)}` : why;
    return `waits (${String(facts['reason'])}) until ${until}${said}`;
  }
  return paint('red', `${String(facts['state'])}${why}`);
}
