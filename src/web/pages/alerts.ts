import type { channelView, problemView } from '../alert-view.ts';
import { type Html, html } from '../html.ts';
import { facts, section } from './lists.ts';
import { ago, when } from './times.ts';
import type { ShowPage, View } from './view.ts';
import { chip, empty, type Tone } from './words.ts';

type ShownProblem = ReturnType<typeof problemView>;
type ShownChannel = ReturnType<typeof channelView>;

const tones: Readonly<Record<string, Tone>> = { critical: 'bad', warning: 'care', info: 'going' };

/** What is wrong now, and who is told of it. Whoever is bound to a user sees only what concerns that user. */
export const alerts: ShowPage = async (view) => {
  const { user } = view.caller;
  const all = (await view.perform({ name: 'alerts problems' })) as ShownProblem[];
  const problems = user === null ? all : all.filter((problem) => problem.user === user);
  return {
    title: 'Alerts',
    body: html`${section('Wrong now', problems.length === 0 ? empty('Nothing is wrong', 'When something is, it stands here, and your channels are told.') : html`<ul class="rows tall">${problems.map(problemRow)}</ul>`)}
${user === null ? html`${await whoIsTold(view)}${await lastMessages(view)}` : null}`,
  };
};

async function whoIsTold(view: View): Promise<Html> {
  const channels = (await view.perform({ name: 'alerts', options: { limit: '50' } })) as ShownChannel[];
  return section(
    'Who is told',
    channels.length === 0
      ? empty('Nobody yet', html`Add a channel: <code>repost alerts add --help</code>`)
      : channelTable(view, channels),
  );
}

function problemRow({ severity, title, todo, command, facts: known }: ShownProblem): Html {
  const job = /^repost jobs \w+ (\d+)$/u.exec(command ?? '')?.[1];
  const rows = Object.entries(known).map(([name, value]): [string, string] => [name, value]);
  return html`<li class="row"><div class="text"><p class="title">${job ? html`<a class="open" href="/jobs/${job}">${title}</a>` : title}</p><p>${todo}</p>${command && !job ? html`<p><code>${command}</code></p>` : null}<details><summary>Details</summary>${facts(rows)}</details></div><div class="end">${chip(severity, tones[severity] ?? 'care')}</div></li>`;
}

function channelTable(view: View, channels: readonly ShownChannel[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Channels"><table><thead><tr><th>Channel</th><th>Where</th><th>From</th><th>Quiet</th><th>Digest</th><th>Weekly</th><th>Last message</th></tr></thead><tbody>${channels.map(
    ({ name, kind, place, severity, quiet, digest, weekly, last, waiting }) =>
      html`<tr><td><strong>${name}</strong> <span class="faint">${kind}</span></td><td>${place}</td><td>${severity}</td><td>${quiet ?? '–'}</td><td>${digest ?? '–'}</td><td>${weekly ?? '–'}</td><td>${last ? html`${last.outcome} ${ago(Date.parse(last.at ?? ''), view)}${last.error ? html` <span class="bad-text">${last.error.message}</span>` : null}` : 'none yet'}${waiting ? ' (one waits)' : null}</td></tr>`,
  )}</tbody></table></div>`;
}

async function lastMessages(view: View): Promise<Html | null> {
  const rows = await view.store.alerts.deliveries({ limit: 20 });
  if (rows.length === 0) return null;
  return section(
    'Last messages',
    html`<div class="scroll" tabindex="0" role="region" aria-label="Last messages"><table><thead><tr><th>When</th><th>Channel</th><th>Message</th><th>Outcome</th></tr></thead><tbody>${rows.map(
      ({ at, channel, title, outcome, error }) =>
        html`<tr><td>${when(at, view)}</td><td>${channel}</td><td>${title}</td><td>${outcome}${error ? html` <span class="bad-text">${error.message}</span>` : null}</td></tr>`,
    )}</tbody></table></div>`,
  );
}
