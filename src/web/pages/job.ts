import { Failure } from '../../core/failure.ts';
import type { AttemptRow, JobView } from '../../store/types.ts';
import { type Html, html, type Piece } from '../html.ts';
import { numbersText } from '../numbers.ts';
import { approvalForm } from './approvals.ts';
import { facts, section } from './lists.ts';
import { spanText, when } from './times.ts';
import { answersOf } from './unknown.ts';
import { changeButton, idIn, type ShowPage, type View } from './view.ts';
import { readStops, wayList } from './way.ts';
import { captionText, cover, outLink, platformTag, stateChip } from './words.ts';

export interface ShownText {
  text?: { body: string; title?: string; count?: { used: number; max: number; unit: string } };
}

/** One job: what it is at, its way, its attempts, and what can be done. */
export const job: ShowPage = async (view) => {
  const found = await view.store.jobs.get(idIn(view));
  if (!found) throw new Failure('E_NOT_FOUND', { message: 'There is no such job.' });
  const stops = await readStops(view, found);
  const attempts = await view.store.jobs.attempts(found.id);
  const shown = (await view.perform({ name: 'jobs show', args: [String(found.id)] })) as ShownText;
  return {
    title: captionText(found.video),
    lead: html`<p class="lead">Job ${found.id} to ${platformTag(found.account.platform, found.account.handle)} ${stateChip(found)}</p>`,
    body: html`<div class="about">${cover(found.video, 'huge')}<div>${facts([
      ['Video', html`<a href="/videos/${found.videoId}">${found.video.source}, ${found.video.remoteId}</a>`],
      [
        'Rule',
        found.rule === null
          ? 'removed'
          : html`<a href="/rules/${encodeURIComponent(found.rule)}">${found.rule}</a>`,
      ],
      found.state === 'waiting' ? ['Due', when(found.runAt, view)] : null,
      found.post ? ['Post', outLink(found.post.url, found.post.url ?? found.post.id)] : null,
      found.post
        ? [
            'Published',
            html`${when(found.post.publishedAt, view)} <span class="faint">${spanText(found.post.lagMs)} after the video</span>`,
          ]
        : null,
      found.post?.numbers
        ? [
            'Seen',
            html`${numbersText(found.post.numbers) || 'no numbers told'} <span class="faint">${found.post.numbers.gone ? 'no longer shown, ' : ''}as of ${when(found.post.numbers.readAt, view)}</span>`,
          ]
        : null,
      ['Failed tries', `${found.attempt} of ${found.maxAttempts}`],
      found.giveUpAt ? ['Gives up', when(found.giveUpAt, view)] : null,
      ...(found.post?.warnings ?? []).map((warning): [string, Piece] => ['Note', warning]),
    ])}${found.error && found.state !== 'published' ? trouble(found) : null}${actions(view, found)}</div></div>
${found.state === 'waiting' && found.reason === 'approval' ? section('Its text', approvalForm(view, found, shown)) : shown.text ? section('Its text', html`<div class="quote">${shown.text.title ? html`<p class="strong">${shown.text.title}</p>` : null}<p>${shown.text.body}</p></div>`) : null}
${found.state === 'unknown' ? section('What became of it?', answersOf(view, found)) : null}
${section('Its way', html`<div class="lanes"><section class="lane">${wayList(view, stops)}</section></div>`)}
${attempts.length > 0 ? section('Tries', attemptTable(view, attempts)) : null}`,
  };
};

/** What went wrong and what to do. */
export function trouble({ id, error }: JobView): Html | null {
  const command = error?.command?.replace(/\bID\b/u, String(id));
  // The page has a button for that.
  const shown = command?.startsWith('repost jobs retry') ? undefined : command;
  return (
    error &&
    html`<div class="trouble"><p><strong>${error.message}</strong> <code>${error.code}</code></p><p>${error.hint}</p>${shown ? html`<p><code>${shown}</code></p>` : null}</div>`
  );
}

function actions(view: View, { id, state, reason }: JobView): Html | null {
  const retries = state === 'dead' || state === 'cancelled' || (state === 'waiting' && reason === 'backoff');
  const cancels = (state === 'waiting' && reason !== 'approval') || state === 'dead';
  if (!view.mayChange || (!retries && !cancels)) return null;
  return html`<div class="actions">${retries ? changeButton(view, `/jobs/${id}/retry`, state === 'waiting' ? 'Try now' : 'Retry', 'main') : null}${cancels ? changeButton(view, `/jobs/${id}/cancel`, 'Never publish it') : null}</div>`;
}

function attemptTable(view: View, attempts: readonly AttemptRow[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Tries"><table><thead><tr><th>Began</th><th class="num">Took</th><th>Outcome</th><th>Why</th></tr></thead><tbody>${attempts
    .toReversed()
    .slice(0, 50)
    .map(
      ({ startedAt, endedAt, outcome, error }) =>
        html`<tr><td>${when(startedAt, view)}</td><td class="num">${spanText(endedAt - startedAt)}</td><td>${outcome}</td><td>${error ? html`${error.message} <code>${error.code}</code>` : null}</td></tr>`,
    )}</tbody></table></div>`;
}
