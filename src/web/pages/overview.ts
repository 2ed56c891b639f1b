import type { Static } from 'typebox';
import { DAY } from '../../core/clock.ts';
import type { JobView, VideoRow } from '../../store/types.ts';
import { type Html, html, type Piece } from '../html.ts';
import { numbersText, summed } from '../numbers.ts';
import type { worker } from '../schemas/machine.ts';
import { skewText, type sourceView } from '../views.ts';
import { jobRows, section } from './lists.ts';
import { ago, clockText, when } from './times.ts';
import type { ShowPage, View } from './view.ts';
import { captionText, count, cover, empty, outLink, platformTag, stateChip } from './words.ts';

const MOST_VIDEOS = 8;
const MOST_COMING = 6;
const MOST_SOURCES = 20;
const MOST_TASKS = 30;

interface Status {
  ok: boolean;
  paused?: boolean;
  origins: string;
  attention: { message: string; command: string | null }[];
  sources: readonly Source[];
  /** Where several share the store. */
  hosts?: readonly Host[];
}

type Source = ReturnType<typeof sourceView>;

type Host = Static<typeof worker>;

/** Is everything out? */
export const overview: ShowPage = async (view) => {
  const { store, now } = view;
  const status = (await view.perform({ name: 'status' })) as Status;
  const counts = await store.jobs.counts();
  const { sources, hosts = [] } = status;
  const videos = await store.videos.list({ limit: MOST_VIDEOS });
  const jobs = await store.jobs.list({ videoIds: videos.map(({ id }) => id), limit: 500 });
  const coming = (await store.jobs.list({ states: ['waiting', 'running'], limit: 200 }))
    .sort((a, b) => a.runAt - b.runAt)
    .slice(0, MOST_COMING);
  const day = await store.jobs.postCount(now - DAY);
  const open = counts.waiting + counts.running;
  return {
    title: 'Overview',
    lead:
      status.origins === 'mapped'
        ? html`<p class="lead">Simulated platforms: nothing here is real.</p>`
        : null,
    body: html`${answer(view, status, open, counts.published)}
${numbers([
  ['Out in 24 h', day, '/posts'],
  ['Out in all', counts.published, '/posts'],
  ['On the way', open, '/jobs?state=waiting'],
  ['Failed', counts.dead, '/dead'],
  ['Unknown', counts.unknown, '/unknown'],
])}
${status.attention.length > 0 ? section('For you to do', todo(status)) : null}
${coming.length > 0 ? section('On the way', jobRows(view, coming), open > coming.length ? html`<a href="/jobs?state=waiting">All ${open}</a>` : null) : null}
${section('Latest videos', videos.length === 0 ? noVideos(sources) : videoList(view, videos, jobs), html`<a href="/posts">All posts</a>`)}
${sources.length > 0 ? section('Sources', sourceList(view, sources)) : null}
${hosts.length > 0 ? section('Hosts', hostList(view, hosts)) : null}`,
  };
};

function answer(view: View, { ok, attention, paused }: Status, open: number, out: number): Html {
  const [tone, title, text] =
    attention.length > 0
      ? (['care', `${count(attention.length, 'thing needs', 'things need')} you.`, waitText(open)] as const)
      : open > 0
        ? (['going', `${count(open, 'post')} on the way.`, 'Nothing for you to do.'] as const)
        : out > 0
          ? (['good', 'Everything is out.', `${count(out, 'post')} published, nothing waits.`] as const)
          : (['going', 'Ready.', 'Nothing was published yet, and nothing waits.'] as const);
  return html`<section class="answer ${tone}" id="answer" data-ok="${ok ? 'yes' : 'no'}"><span class="mark" aria-hidden="true"></span><div><p class="big">${title}</p><p>${paused ? 'Everything is paused. ' : null}${text} <span class="faint">As of ${clockText(view.now, view.timeZone)}.</span></p></div></section>`;
}

function waitText(open: number): string {
  return open === 0 ? 'All else is out.' : `${count(open, 'post')} on the way.`;
}

function numbers(all: readonly (readonly [string, Piece, string])[]): Html {
  return html`<ul class="numbers">${all.map(
    ([name, n, href]) =>
      html`<li><a href="${href}"><span class="n">${n}</span><span class="name">${name}</span></a></li>`,
  )}</ul>`;
}

/** The page that does what a command would do. */
function pageOf(message: string, command: string | null): string | null {
  const state = /^repost jobs list --state (\w+)$/u.exec(command ?? '')?.[1];
  if (state === 'waiting') return message.includes('approval') ? '/approvals' : '/jobs?state=waiting';
  return state === 'unknown' || state === 'dead' ? `/${state}` : null;
}

function todo({ attention }: Status): Html {
  const rest = attention.length - MOST_TASKS;
  return html`<ul class="todo">${attention.slice(0, MOST_TASKS).map(({ message, command }) => {
    const page = pageOf(message, command);
    return html`<li><p class="title">${page ? html`<a class="open" href="${page}">${message}</a>` : message}</p>${page ? html`<a class="button plain" href="${page}" tabindex="-1" aria-hidden="true">Open</a>` : command ? html`<code>${command}</code>` : null}</li>`;
  })}</ul>${rest > 0 ? html`<p class="faint">And ${rest} more: <code>repost status</code></p>` : null}`;
}

function videoList(view: View, videos: readonly VideoRow[], jobs: readonly JobView[]): Html {
  return html`<ul class="videos">${videos.map((video) => {
    const own = jobs.filter((job) => job.videoId === video.id).sort((a, b) => a.id - b.id);
    return html`<li class="card video"><a class="pic" href="/videos/${video.id}" tabindex="-1" aria-hidden="true">${cover(video, 'big')}</a><div class="text"><p class="title"><a class="open" href="/videos/${video.id}">${captionText(video)}</a></p><p class="meta">${video.source}<span class="sep">${when(video.publishedAt, view)}</span>${seen(video, own)}</p>${
      own.length === 0
        ? html`<p class="meta">${video.skipped[0]?.why ? `Not posted: ${video.skipped[0].why}` : 'No rule wants it.'}</p>`
        : html`<ul class="ends">${own.map(
            (job) =>
              html`<li>${platformTag(job.account.platform)}${job.post?.url ? outLink(job.post.url, 'Open', 'good') : html`<a href="/jobs/${job.id}">${stateChip(job)}</a>`}</li>`,
          )}</ul>`
    }</div></li>`;
  })}</ul>`;
}

/** What people did with the original, and with its posts together. */
function seen({ numbers }: VideoRow, jobs: readonly JobView[]): Html {
  const there = numbersText(numbers, ['views', 'likes']);
  const posts = numbersText(summed(jobs.map(({ post }) => post?.numbers)), ['views', 'likes']);
  return html`${there ? html`<span class="sep">${there}</span>` : null}${posts ? html`<span class="sep">its posts: ${posts}</span>` : null}`;
}

function noVideos(sources: readonly Source[]): Html {
  return sources.length === 0
    ? empty(
        'No source yet',
        html`Say where your videos appear: <code>repost init</code> leads you through it.`,
      )
    : empty('No videos yet', 'What you publish from now on appears here.');
}

/** Those with trouble first; of very many not all. */
function sourceList(view: View, all: readonly Source[]): Html {
  const sources = [...all.filter(({ error }) => error), ...all.filter(({ error }) => !error)].slice(
    0,
    MOST_SOURCES,
  );
  const rest = all.length - sources.length;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sources"><table><thead><tr><th>Source</th><th>Last look</th><th>Next look</th><th>State</th></tr></thead><tbody>${sources.map(
    (source) =>
      html`<tr><td>${source.source}</td><td>${source.lastGoodPollAt === null ? 'not yet' : ago(Date.parse(source.lastGoodPollAt), view)}</td><td>${source.nextPollAt === null || source.nextPollAt > '2100' ? '–' : ago(Date.parse(source.nextPollAt), view)}</td><td>${source.paused ? 'Paused' : source.error ? html`<span class="bad-text">${source.error.message}</span>` : html`<span class="good-text">Works</span>`}</td></tr>`,
  )}</tbody></table></div>${rest > 0 ? html`<p class="faint">And ${rest} more: <code>repost source list</code></p>` : null}`;
}

const hostWords: Readonly<Record<Host['state'], readonly [tone: string, word: string]>> = {
  working: ['good-text', 'Works'],
  draining: ['faint', 'Draining'],
  stopped: ['faint', 'Stopped'],
  lost: ['bad-text', 'Lost'],
};

/** The machines that share the store; a home of its own has none. */
function hostList(view: View, hosts: readonly Host[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Hosts"><table><thead><tr><th>Host</th><th>Seen</th><th>Running</th><th>In doubt</th><th>Version</th><th>Clock</th><th>State</th></tr></thead><tbody>${hosts.map(
    (host) => {
      const [tone, word] = hostWords[host.state];
      return html`<tr><td>${host.name}</td><td>${ago(Date.parse(host.seenAt), view)}</td><td>${host.running}</td><td>${host.doubts}</td><td>${host.version}</td><td>${skewText(host.skewMs)}</td><td><span class="${tone}">${word}</span></td></tr>`;
    },
  )}</tbody></table></div>`;
}
