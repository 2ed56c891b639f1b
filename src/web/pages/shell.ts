import type { FastifyReply } from 'fastify';
import { type Html, html, type Piece } from '../html.ts';
import type { Page, View } from './view.ts';
import { count } from './words.ts';

/** What the engine tells of: at each of these an open page looks again. */
const events =
  'changed poll poll-failed video catch-up backfill job-started job-ended notice trouble login-needed';

interface Place {
  path: string;
  name: string;
  /** Follows g on the keyboard. */
  key: string;
  /** How many things there want a person. */
  badge?: number;
}

async function places({ store }: View): Promise<Place[]> {
  const [counts, waiting] = [await store.jobs.counts(), await store.jobs.waitingByReason()];
  return [
    { path: '/', name: 'Overview', key: 'o' },
    { path: '/posts', name: 'Posts', key: 'p' },
    { path: '/calendar', name: 'Calendar', key: 'c' },
    { path: '/jobs', name: 'Jobs', key: 'j' },
    { path: '/approvals', name: 'Approvals', key: 'a', badge: waiting.approval ?? 0 },
    { path: '/dead', name: 'Dead letters', key: 'd', badge: counts.dead },
    { path: '/unknown', name: 'Unknown', key: 'u', badge: counts.unknown },
    { path: '/rules', name: 'Rules', key: 'r' },
    { path: '/accounts', name: 'Accounts', key: 's' },
    { path: '/limits', name: 'Limits', key: 'l' },
    { path: '/alerts', name: 'Alerts', key: 'w' },
  ];
}

export interface Said {
  tone: 'good' | 'bad';
  text: string;
}

/** Sends a page in the frame that all of them share. */
export async function sendShell(
  reply: FastifyReply,
  view: View,
  page: Page,
  said: Said | undefined,
): Promise<FastifyReply> {
  const all = await places(view);
  const body = html`<a class="skip" href="#main">Skip to the content</a>
<div class="frame" data-events="${events}">
<header class="side">
<a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="24" height="24">repost</a>
${nav(all, view.path)}
<div class="foot">
<span id="pulse" class="pulse" hidden></span>
<button class="bare" id="show-keys" hidden>Keyboard <kbd>?</kbd></button>
<form method="post" action="/sign-out"><input type="hidden" name="_csrf" value="${view.caller.csrf ?? ''}"><button class="bare">Sign out</button></form>
</div>
</header>
<main id="main" tabindex="-1">
<div id="said" role="status">${said ? html`<p class="said ${said.tone}">${said.text}</p>` : null}</div>
<div id="live" data-live>
<div class="head"><h1>${page.title}</h1>${page.lead}</div>
${page.body}
</div>
</main>
</div>
${keys(all)}`;
  return sendHtml(reply, page.title, body, ['/assets/live.js']);
}

const styles = ['look', 'parts', 'pages', 'figures'].map((name) => `/assets/${name}.css`);

/** A whole document; nothing inline, nothing from elsewhere. */
export function sendHtml(
  reply: FastifyReply,
  title: string,
  body: Html,
  scripts: readonly string[] = [],
): FastifyReply {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – repost</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
${styles.map((file) => html`<link rel="stylesheet" href="${file}">\n`)}
${scripts.map((file) => html`<script src="${file}" defer></script>\n`)}
</head>
<body>
${body}
</body>
</html>
`;
  return reply.type('text/html; charset=utf-8').send(page.html);
}

function nav(all: readonly Place[], path: string): Html {
  const [, first = ''] = path.split(/[/?]/u);
  const here = all.find((place) => place.path === (first === 'videos' ? '/posts' : `/${first}`));
  return html`<nav id="nav" data-live aria-label="Pages"><ul>${all.map(
    (place) =>
      html`<li><a href="${place.path}" data-key="${place.key}"${place === here ? html` aria-current="page"` : null}>${place.name}${
        place.badge
          ? html` <span class="badge" title="${count(place.badge, 'thing')} for you">${place.badge}</span>`
          : null
      }</a></li>`,
  )}</ul></nav>`;
}

function keys(all: readonly Place[]): Html {
  const row = (combination: Piece, what: string) => html`<dt>${combination}</dt><dd>${what}</dd>`;
  return html`<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keyboard</h2><dl class="keys">
${row(html`<kbd>j</kbd> <kbd>k</kbd>`, 'Next, previous')}
${row(html`<kbd>Enter</kbd>`, 'Open')}
${row(html`<kbd>x</kbd>`, 'Select')}
${row(html`<kbd>⇧</kbd> <kbd>r</kbd>`, 'Retry what is selected')}
${all.map(({ key, name }) => row(html`<kbd>g</kbd> <kbd>${key}</kbd>`, name))}
${row(html`<kbd>?</kbd>`, 'This list')}
</dl><form method="dialog"><button class="button plain">Close</button></form></dialog>`;
}
