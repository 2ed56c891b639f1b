import { html } from '../html.ts';
import { trouble } from './job.ts';
import { jobRow, olderLink } from './lists.ts';
import { changeForm, numberIn, type ShowPage } from './view.ts';
import { captionText, count, empty } from './words.ts';

const SHOWN = 50;

/** What failed for good: why, what to do, and send it again, one or many. */
export const dead: ShowPage = async (view) => {
  const before = numberIn(view, 'before');
  const found = await view.store.jobs.list({
    states: ['dead'],
    limit: SHOWN + 1,
    ...(before === undefined ? {} : { beforeId: before }),
  });
  const shown = found.slice(0, SHOWN);
  const { dead: all } = await view.store.jobs.counts();
  if (shown.length === 0) return { title: 'Dead letters', body: empty('None', 'Nothing failed for good.') };
  const rows = html`<ul class="rows tall" data-list>${shown.map((job) =>
    jobRow(
      view,
      { ...job, error: null },
      html`${trouble(job)}${view.mayChange ? html`<div class="actions"><button class="button main" name="job" value="${job.id}" aria-label="Retry ${captionText(job.video)} on ${job.account.account}">Retry</button></div>` : null}`,
      view.mayChange
        ? html`<input type="checkbox" name="jobs" value="${job.id}" aria-label="Select ${captionText(job.video)} for ${job.account.account}">`
        : null,
    ),
  )}</ul>`;
  return {
    title: 'Dead letters',
    lead: html`<p class="lead">${count(all, 'post')} failed for good. Mend the cause, then retry: what was sent is never sent twice.</p>`,
    body: html`${
      view.mayChange
        ? changeForm(
            view,
            '/jobs/retry',
            html`<div class="bar-top"><button class="button plain" name="which" value="selected">Retry selected</button><button class="button plain" name="which" value="all">Retry all ${all}</button></div>${rows}`,
          )
        : rows
    }${olderLink(view, found.length > SHOWN ? shown.at(-1)?.id : undefined)}`,
  };
};
