import type { FastifyReply } from 'fastify';
import { asFailure, Failure } from '../../core/failure.ts';
import type { CredentialRow, JobView } from '../../store/types.ts';
import type { WebDeps } from '../deps.ts';
import { createCodeGuard } from '../gate.ts';
import { type Html, html } from '../html.ts';
import { readLink } from '../links.ts';
import { problemOf } from '../problem.ts';
import type { Part } from '../route.ts';
import { sendPage } from './page.ts';

interface Shown {
  text?: { body: string; title?: string };
}

/** The page of an approval link: looking changes nothing, and one answer ends the link. */
export const approvePart: Part = (app, deps) => {
  const guard = createCodeGuard(deps);
  const open = { config: { access: 'open' } } as const;
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
  );
  app.setErrorHandler((error, _request, reply) => sayError(reply, error));

  app.get<{ Params: { link: string } }>('/approve/:link', open, async (request, reply) => {
    const { job } = await find(deps, guard, reply, request.params.link);
    const shown = (await deps.perform(job.user, { name: 'jobs show', args: [String(job.id)] })) as Shown;
    sendPage(reply, { title: 'For your approval' }, question(job, shown, request.params.link));
    return reply;
  });

  app.post<{ Params: { link: string }; Body: { answer?: unknown } }>(
    '/approve/:link',
    open,
    async (request, reply) => {
      const { job, link } = await find(deps, guard, reply, request.params.link);
      const answer = request.body?.answer;
      if (answer !== 'approve' && answer !== 'decline')
        throw new Failure('E_USAGE', { message: 'Approve, or decline?' });
      // Of two answers that come at once, one counts.
      if (!(await deps.store.credentials.take(link.id, 'link'))) throw new Failure('E_LINK');
      const name = answer === 'approve' ? 'jobs approve' : 'jobs cancel';
      await deps.perform(job.user, { name, args: [[String(job.id)]] });
      sendPage(
        reply,
        { title: 'Thank you' },
        html`<h1>Thank you</h1><p role="status">${
          answer === 'approve' ? 'It is approved and goes out.' : 'It is declined and will not be published.'
        }</p>`,
      );
      return reply;
    },
  );
};

async function find(
  { store, clock, linkKey }: WebDeps,
  guard: (reply: FastifyReply) => void,
  reply: FastifyReply,
  text: string,
): Promise<{ job: JobView; link: CredentialRow }> {
  try {
    const link = await readLink(store, await linkKey(), text, clock.now());
    const job = link.jobId === null ? undefined : await store.jobs.get(link.jobId);
    if (job?.state === 'waiting' && job.reason === 'approval') return { job, link };
    throw new Failure('E_LINK', { message: 'This was decided already.' });
  } catch (error) {
    // Guessing is slow; whoever has a right link is never held up.
    guard(reply);
    throw error;
  }
}

function question(job: JobView, { text }: Shown, link: string): Html {
  return html`<h1>May this be published?</h1>
<dl>
<dt>Where</dt><dd>${job.account.platform}, ${job.account.name} (${job.account.handle})</dd>
<dt>Video</dt><dd><a href="${job.video.url}" rel="noopener noreferrer">${job.video.caption || job.video.url}</a></dd>
${text?.title === undefined ? null : html`<dt>Title</dt><dd>${text.title}</dd>`}
<dt>Text</dt><dd><pre>${text?.body ?? ''}</pre></dd>
</dl>
<form method="post" action="/approve/${link}">
<button class="main" name="answer" value="approve">Approve</button>
<button name="answer" value="decline">Decline</button>
</form>`;
}

/** For people without a command line: no code, no command. */
function sayError(reply: FastifyReply, error: unknown): void {
  const { status, detail } = problemOf(asFailure(error));
  sendPage(
    reply.code(status),
    { title: 'Not possible' },
    html`<h1>That is not possible</h1><p role="alert">${detail}</p><p>Ask whoever sent you this link.</p>`,
  );
}
