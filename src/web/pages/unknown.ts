import { Failure } from '../../core/failure.ts';
import type { JobView } from '../../store/types.ts';
import { type Html, html } from '../html.ts';
import { facts, jobRow } from './lists.ts';
import { when } from './times.ts';
import { changeButton, changeForm, idIn, type ShowPage, type View } from './view.ts';
import { captionText, count, empty, outLink, platformName } from './words.ts';

interface Shown {
  evidence: {
    sentAt: string | null;
    step: string | null;
    recent: { id: string; url: string | null; text: string; publishedAt: string | null }[] | null;
    trouble: string | null;
  };
}

/** What was sent and nobody can say whether it appeared: the evidence and both answers. */
export const unknown: ShowPage = async (view) => {
  const jobs = await view.store.jobs.list({ states: ['unknown'], limit: 50 });
  if (jobs.length === 0)
    return { title: 'Unknown', body: empty('None', 'The outcome of everything that was sent is known.') };
  return {
    title: 'Unknown',
    lead: html`<p class="lead">${count(jobs.length, 'post was', 'posts were')} sent, and nobody can say whether it appeared. Look at the account, then say what you saw; nothing is sent before that.</p>`,
    body: html`<ul class="rows tall">${jobs.map((job) => jobRow(view, job, answersOf(view, job)))}</ul>`,
  };
};

/** The evidence (asked for when it is looked at: the platform counts such questions) and both answers. */
export function answersOf(view: View, job: JobView): Html {
  const where = platformName(job.account.platform);
  const address = `/jobs/${job.id}/evidence`;
  return html`<div class="evidence" data-load="${address}"><p><a href="${address}">What does ${where} show?</a></p></div>${
    view.mayChange
      ? html`<div class="answers">${changeForm(
          view,
          `/jobs/${job.id}/resolve`,
          html`<label for="url-${job.id}">It is there. Its address:</label><div class="line"><input id="url-${job.id}" name="published" type="url" required placeholder="https://" autocomplete="off"><button class="button main">It is published</button></div>`,
        )}<div><p class="label">It is not there:</p>${changeButton(view, `/jobs/${job.id}/resolve?answer=not-published`, 'Not published, send it again')}</div></div>`
      : null
  }`;
}

/** The evidence of one job: what was sent, and what the account shows since. */
export const evidence: ShowPage = async (view) => {
  const job = await view.store.jobs.get(idIn(view));
  if (job?.state !== 'unknown') throw new Failure('E_NOT_FOUND', { message: 'No such job is unknown.' });
  const shown = (await view.perform({ name: 'jobs resolve', args: [String(job.id)] })) as Shown;
  return {
    title: captionText(job.video),
    lead: html`<p class="lead"><a href="/unknown">All that are unknown</a></p>`,
    body: html`${evidenceOf(view, job, shown)}${answersOf(view, job)}`,
  };
};

function evidenceOf(view: View, job: JobView, { evidence: { sentAt, step, recent, trouble } }: Shown): Html {
  const at = sentAt === null ? null : Date.parse(sentAt);
  const where = platformName(job.account.platform);
  return html`<div id="evidence">${facts([
    ['Sent', at === null ? 'not known' : when(at, view)],
    step === null ? null : ['By the step', step],
    ['Account', job.account.account],
  ])}<p class="strong">${
    trouble !== null
      ? `The account could not be read: ${trouble}`
      : recent === null
        ? `${where} can’t be asked; look at the account yourself.`
        : recent.length === 0
          ? `${where} shows no post since then.`
          : `${where} shows since then:`
  }</p>${
    recent && recent.length > 0
      ? html`<ul class="plain">${recent.map(
          (post) =>
            html`<li>${outLink(post.url, post.text.trim() || post.id)} ${post.publishedAt ? html`<span class="faint">${when(Date.parse(post.publishedAt), view)}</span>` : null}${post.url ? html` <code>${post.url}</code>` : null}</li>`,
        )}</ul>`
      : null
  }</div>`;
}
