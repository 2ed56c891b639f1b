import { html } from '../html.ts';
import { apiRoot, type Part } from '../route.ts';
import { sendPage } from './page.ts';

/** The code stands behind the #: it is not sent with the address, and leaves the address before it is used. */
const script = `'use strict';
const say = (text) => { document.getElementById('state').textContent = text; };
const code = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
fetch('${apiRoot}/session', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ code }),
}).then(async (answer) => {
  if (answer.ok) location.replace('/');
  else say((await answer.json()).detail + ' Run: repost dashboard');
}).catch(() => say('The daemon does not answer.'));
`;

export const signInPart: Part = (app) => {
  const open = { config: { access: 'open' } } as const;
  app.get('/sign-in', open, (_request, reply) =>
    sendPage(
      reply,
      { title: 'Signing in', scripts: ['/assets/sign-in.js'] },
      html`<h1>repost</h1><p id="state" role="status">Signing in …</p>`,
    ),
  );
  app.get('/assets/sign-in.js', open, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(script),
  );
};
