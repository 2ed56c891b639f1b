import { Failure } from '../../core/failure.ts';
import { html } from '../html.ts';
import { numbersText } from '../numbers.ts';
import { facts, section } from './lists.ts';
import { when } from './times.ts';
import { idIn, type ShowPage } from './view.ts';
import { readStops, wayLane } from './way.ts';
import { captionText, cover, empty, outLink } from './words.ts';

/** One video and its way to each destination. */
export const video: ShowPage = async (view) => {
  const { store } = view;
  const found = await store.videos.get(idIn(view));
  if (!found) throw new Failure('E_NOT_FOUND', { message: 'There is no such video.' });
  const jobs = (await store.jobs.list({ videoIds: [found.id], limit: 200 })).reverse();
  const lanes = await Promise.all(jobs.map(async (job) => wayLane(view, job, await readStops(view, job))));
  const size = found.width && found.height ? `${found.width} × ${found.height}` : null;
  return {
    title: captionText(found),
    lead: null,
    body: html`<div class="about">${cover(found, 'huge')}<div>${facts([
      ['Source', html`${found.source}${found.state === 'gone' ? ' (taken back by its owner)' : null}`],
      ['Published', when(found.publishedAt, view)],
      ['Seen', when(found.seenAt, view)],
      found.durationSeconds ? ['Length', `${found.durationSeconds} s${size ? `, ${size}` : ''}`] : null,
      found.numbers
        ? [
            'There',
            html`${numbersText(found.numbers)} <span class="faint">as of ${when(found.numbers.readAt, view)}</span>`,
          ]
        : null,
      ['Original', outLink(found.url, found.remoteId)],
    ])}<p class="caption">${found.caption}</p></div></div>
${section('Its way', jobs.length === 0 ? empty('It goes nowhere', 'No rule made a post of it.') : html`<div class="lanes">${lanes}</div>`)}
${
  found.skipped.length > 0
    ? section(
        'Not taken',
        html`<ul class="plain">${found.skipped.map(({ rule, why }) => html`<li><strong>${rule}</strong>: ${why}</li>`)}</ul>`,
      )
    : null
}`,
  };
};
