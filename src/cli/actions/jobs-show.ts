import type { PostRow, StepRow } from '../../store/types.ts';
import { numbersText } from '../../web/numbers.ts';
import { attemptView, iso, jobView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findJob } from '../find.ts';
import { harmless, shorten } from '../io.ts';
import { jobText, textLines } from '../job-text.ts';
import { relativeText, spanText } from '../table.ts';
import { stateText } from './jobs-list.ts';

export async function showJob(
  { app, print }: Turn,
  options: { raw?: boolean },
  idText: string,
): Promise<undefined> {
  const store = await app.store();
  const now = app.clock.now();
  const job = await findJob(store, idText);
  const [attempts, steps] = [await store.jobs.attempts(job.id), await store.journal.load(job.id)];
  const raw = options.raw ?? false;
  const text = job.state === 'waiting' ? await jobText(store, job).catch(() => undefined) : undefined;
  const view = {
    ...jobView(job),
    ...(text ? { text } : {}),
    steps: steps.map(stepView),
    attempts: attempts.map((attempt) => attemptView(attempt, raw)),
  };
  print(view, () => {
    const last = attempts.at(-1)?.exchange;
    return [
      `job      ${job.id}: ${stateText(job)}`,
      `video    ${harmless(shorten(job.video.caption, 60))}  ${job.video.url}`,
      `to       ${job.account.account}${job.rule ? `, by the rule “${job.rule}”` : ''}`,
      ...(job.state === 'waiting' ? [`due      ${relativeText(job.runAt, now)} (${iso(job.runAt)})`] : []),
      ...(text ? textLines(text) : []),
      `attempt  ${job.attempt} of ${job.maxAttempts}`,
      ...(job.post
        ? [
            `post     ${job.post.url ?? job.post.id}, ${spanText(job.post.lagMs)} after the original`,
            ...seenLines(job.post, now),
            ...job.post.warnings.map((text) => `note     ${text}`),
          ]
        : []),
      ...(job.error && job.state !== 'published'
        ? [
            `error    ${harmless(job.error.message)} (${job.error.code}, ${job.error.class})`,
            `         ${job.error.hint}`,
            ...(job.error.command
              ? [`         $ ${job.error.command.replace(/\bID\b/u, String(job.id))}`]
              : []),
          ]
        : []),
      ...steps.map(
        (step) =>
          `step     ${step.name}: ${step.state === 'done' ? `done ${relativeText(step.doneAt ?? now, now)}` : `sent ${relativeText(step.sentAt ?? now, now)}, no answer kept`}`,
      ),
      ...attempts.map(
        (attempt) =>
          `run      ${relativeText(attempt.startedAt, now)}: ${attempt.outcome}${attempt.error ? `, ${harmless(attempt.error.message)}` : ''}`,
      ),
      ...(raw && last
        ? [
            '',
            `${last.method} ${last.url}`,
            ...headerLines(last.requestHeaders),
            '',
            harmless(last.requestBody),
            '',
            last.status === null ? '(no answer)' : `HTTP ${last.status}`,
            ...headerLines(last.responseHeaders),
            '',
            harmless(last.responseBody),
          ]
        : []),
    ].join('\n');
  });
}

/** What people did with the post, as its platform told last. */
function seenLines({ numbers }: PostRow, now: number): string[] {
  if (!numbers) return [];
  const gone = numbers.gone ? ', no longer shown' : '';
  return [
    `seen     ${numbersText(numbers) || 'no numbers told'}${gone} (${relativeText(numbers.readAt, now)})`,
  ];
}

const headerLines = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => `${name}: ${harmless(value)}`);

function stepView(step: StepRow) {
  return {
    name: step.name,
    kind: step.kind,
    state: step.state,
    sentAt: iso(step.sentAt),
    sends: step.sends,
    doneAt: iso(step.doneAt),
  };
}
