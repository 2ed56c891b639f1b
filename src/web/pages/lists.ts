import type { JobView } from '../../store/types.ts';
import { type Html, html, type Piece } from '../html.ts';
import { numbersText } from '../numbers.ts';
import { ago, when } from './times.ts';
import type { View } from './view.ts';
import { captionText, cover, outLink, platformTag, postLink, stateChip } from './words.ts';

/** Jobs, a line each: the video, where it goes, what it is at. */
export function jobRows(view: View, jobs: readonly JobView[]): Html {
  return html`<ul class="rows">${jobs.map((job) => jobRow(view, job))}</ul>`;
}

export function jobRow(view: View, job: JobView, more: Piece = null, before: Piece = null): Html {
  const at = job.state === 'waiting' ? job.runAt : (job.post?.publishedAt ?? job.updatedAt);
  const failed = job.error !== null && job.state !== 'published';
  return html`<li class="row" id="job-${job.id}">${before}${cover(job.video)}<div class="text"><p class="title"><a class="open" href="/jobs/${job.id}">${captionText(job.video)}</a></p><p class="meta">${platformTag(job.account.platform, job.account.handle)}<span class="sep">${when(at, view)}</span>${failed ? html`<span class="sep">${job.error?.message}</span>` : null}</p>${more}</div><div class="end">${stateChip(job)}${postLink(job.post, 'Open')}</div></li>`;
}

/** A post as a card: the picture, the words, where it is. */
export function postCard(view: View, job: JobView): Html {
  const { post } = job;
  return html`<li class="card post"><a class="pic" href="/videos/${job.videoId}" tabindex="-1" aria-hidden="true">${cover(job.video, 'big')}</a><div class="text"><p class="title"><a class="open" href="/videos/${job.videoId}">${captionText(job.video)}</a></p><p class="meta">${platformTag(job.account.platform, job.account.handle)}</p><p class="meta">${ago(post?.publishedAt ?? job.updatedAt, view)}<span class="sep">${post?.url ? outLink(post.url, 'Open post') : (post?.id ?? '')}</span></p>${seen(post)}</div></li>`;
}

/** What people did with a post, where its platform told. */
function seen(post: JobView['post']): Html | null {
  const text = numbersText(post?.numbers);
  return text === '' ? null : html`<p class="meta numbers-told">${text}</p>`;
}

/** What comes before an older page of a list. */
export function olderLink(view: View, before: number | undefined): Html | null {
  if (before === undefined) return null;
  const query = new URLSearchParams({ ...view.query, before: String(before) });
  return html`<p class="more"><a class="button plain" href="?${query.toString()}">Older</a></p>`;
}

interface Choice {
  href: string;
  label: Piece;
  n?: number | undefined;
  chosen: boolean;
}

/** Filters as links: they work everywhere, and their address can be kept. */
export function choices(label: string, all: readonly Choice[]): Html {
  return html`<nav class="choices" aria-label="${label}"><ul>${all.map(
    ({ href, label: text, n, chosen }) =>
      html`<li><a href="${href}"${chosen ? html` aria-current="true"` : null}>${text}${n === undefined ? null : html` <span class="n">${n}</span>`}</a></li>`,
  )}</ul></nav>`;
}

/** Facts as name and value. */
export function facts(rows: readonly (readonly [string, Piece] | null)[]): Html {
  return html`<dl class="facts">${rows
    .filter((row) => row !== null)
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function section(title: string, body: Piece, aside: Piece = null): Html {
  return html`<section class="part"><header><h2>${title}</h2>${aside}</header>${body}</section>`;
}
