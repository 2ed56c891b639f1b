import { waitReasons } from '../../core/failure.ts';
import { type Html, html } from '../html.ts';
import type { planView } from '../plan-view.ts';
import { when } from './times.ts';
import type { View } from './view.ts';
import { chip, empty, platformTag, stateWords } from './words.ts';

export type ShownPlan = ReturnType<typeof planView>;

/** What would be posted, when, with which text; why the rest would not. */
export function planList(view: View, plan: ShownPlan): Html {
  return html`${plan.troubles.map(({ why }) => html`<div class="trouble"><p>This rule can’t be used: ${why}</p></div>`)}${
    plan.posts.length === 0
      ? empty('Nothing to come', 'Nothing waits by this rule.')
      : html`<ul class="rows tall">${plan.posts.slice(0, 50).map((post) => plannedRow(view, post))}</ul>`
  }${
    plan.skipped.length > 0
      ? html`<details><summary>Not posted (${plan.skipped.length})</summary><ul class="plain">${plan.skipped
          .slice(0, 50)
          .map(({ video, why }) => html`<li>${video.caption || video.remoteId}: ${why}</li>`)}</ul></details>`
      : null
  }`;
}

function plannedRow(view: View, post: ShownPlan['posts'][number]): Html {
  // What waits for a person has no time of its own.
  const at = post.expectedAt;
  const reason = waitReasons.find((one) => one === post.reason);
  const [words, tone] = reason ? stateWords('waiting', reason) : [post.reason, 'going' as const];
  const caption = post.video.caption.trim() || post.video.remoteId;
  const counted = post.text
    ? `${post.text.count.used} of ${post.text.count.max} ${post.text.count.unit}`
    : '';
  const notes = [...(post.text?.notes ?? []), ...post.media.problems].join(', ');
  return html`<li class="row"><div class="text"><p class="title">${post.job === null ? caption : html`<a class="open" href="/jobs/${post.job}">${caption}</a>`}</p><p class="meta">${platformTag(post.destination.platform, post.destination.account.split(':').slice(1).join(':'))}${at === null ? null : html`<span class="sep">${when(Date.parse(at), view)}</span>`}${post.heldBy ? html`<span class="sep">held by: ${post.heldBy}</span>` : null}${post.usd > 0 ? html`<span class="sep">$${post.usd.toFixed(3)}</span>` : null}</p>${
    post.text
      ? html`<div class="quote">${post.text.title ? html`<p class="strong">${post.text.title}</p>` : null}<p>${post.text.body}</p><p class="faint">${counted}${notes ? ` · ${notes}` : ''}</p></div>`
      : null
  }</div><div class="end">${post.stopped ? chip(post.stopped, 'bad') : chip(words, tone)}</div></li>`;
}
