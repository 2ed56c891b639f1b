import type { JobView } from '../../store/types.ts';
import { type Html, html } from '../html.ts';
import type { ShownText } from './job.ts';
import { jobRow } from './lists.ts';
import { changeForm, type ShowPage, type View } from './view.ts';
import { count, empty } from './words.ts';

const SHOWN = 20;

/** What waits for a word of its person, the oldest first, with the text it would go out with. */
export const approvals: ShowPage = async (view) => {
  const waiting = await view.store.jobs.list({ states: ['waiting'], reasons: ['approval'], limit: 1000 });
  if (waiting.length === 0)
    return {
      title: 'Approvals',
      body: empty(
        'Nothing waits for you',
        html`Rules made with <code>--approve</code> hold their posts here.`,
      ),
    };
  const shown = waiting.reverse().slice(0, SHOWN);
  const rows = await Promise.all(
    shown.map(async (job) => {
      const details = (await view.perform({ name: 'jobs show', args: [String(job.id)] })) as ShownText;
      return jobRow(view, job, approvalForm(view, job, details));
    }),
  );
  return {
    title: 'Approvals',
    lead: html`<p class="lead">${count(waiting.length, 'post waits', 'posts wait')} for your word, the oldest first.</p>`,
    body: html`<ul class="rows tall">${rows}</ul>`,
  };
};

/** The text, to be changed, and the two answers. */
export function approvalForm(view: View, job: JobView, { text }: ShownText): Html {
  const body = text?.body ?? job.video.caption;
  const counted = text?.count
    ? html`<span class="faint">${text.count.used} of ${text.count.max} ${text.count.unit}</span>`
    : null;
  if (!view.mayChange)
    return html`<div class="quote">${text?.title ? html`<p class="strong">${text.title}</p>` : null}<p>${body}</p>${counted}</div>`;
  return html`<div class="approval">${changeForm(
    view,
    `/jobs/${job.id}/approve`,
    html`${
      text?.title === undefined
        ? null
        : html`<label for="title-${job.id}">Title</label><input id="title-${job.id}" name="title" value="${text.title}" autocomplete="off"><input type="hidden" name="oldTitle" value="${text.title}">`
    }<div class="between"><label for="text-${job.id}">Text</label>${counted}</div><textarea id="text-${job.id}" name="text" rows="4">
${body}</textarea><input type="hidden" name="oldText" value="${body}"><div class="actions"><button class="button main">Approve</button><button class="button plain" formaction="/jobs/${job.id}/edit">Keep the text, decide later</button><button class="button plain" formaction="/jobs/${job.id}/cancel">Never publish it</button></div>`,
  )}</div>`;
}
