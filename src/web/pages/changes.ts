import { Failure } from '../../core/failure.ts';
import type { Deed } from '../deps.ts';

/** A form as it came: names given once, and those given several times. */
export type Form = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Change {
  deed: Deed;
  /** Said on the page afterwards; one of `saidWords`. */
  said: SaidKey;
}

/** What is said after a change; the number is how many. */
export const saidWords = {
  retry: (n: number) => (n === 1 ? 'It goes out again.' : `${n} go out again.`),
  cancel: () => 'It will not be published.',
  approve: () => 'Approved: it goes out.',
  edit: () => 'The text is kept. It still waits for your word.',
  published: () => 'Noted as published.',
  again: () => 'It goes out again.',
  pause: () => 'Paused.',
  resume: () => 'Going on.',
} as const;

export type SaidKey = keyof typeof saidWords;

export function isSaidKey(text: string): text is SaidKey {
  return Object.hasOwn(saidWords, text);
}

interface Asked {
  id: string;
  query: Readonly<Record<string, string>>;
  form: Form;
}

/** Changes that the pages make, by their address. Each is what a command does. */
export const changes: Readonly<Record<string, (asked: Asked) => Change>> = {
  '/jobs/retry': ({ form }) => {
    if (one(form, 'job')) return { deed: { name: 'jobs retry', args: [[one(form, 'job')]] }, said: 'retry' };
    if (form['which'] === 'all')
      return { deed: { name: 'jobs retry', args: [[]], options: { allDead: true } }, said: 'retry' };
    const ids = many(form, 'jobs');
    if (ids.length === 0)
      throw new Failure('E_USAGE', {
        message: 'Nothing is selected.',
        hint: 'Select what shall go out again.',
      });
    return { deed: { name: 'jobs retry', args: [ids] }, said: 'retry' };
  },
  '/jobs/:id/retry': ({ id }) => ({ deed: { name: 'jobs retry', args: [[id]] }, said: 'retry' }),
  '/jobs/:id/cancel': ({ id }) => ({ deed: { name: 'jobs cancel', args: [[id]] }, said: 'cancel' }),
  '/jobs/:id/approve': ({ id, form }) => ({
    deed: { name: 'jobs approve', args: [[id]], options: newWords(form) },
    said: 'approve',
  }),
  '/jobs/:id/edit': ({ id, form }) => {
    const options = newWords(form);
    if (Object.keys(options).length === 0)
      throw new Failure('E_USAGE', { message: 'The text is as it was.', hint: 'Change it first.' });
    return { deed: { name: 'jobs edit', args: [id], options }, said: 'edit' };
  },
  '/jobs/:id/resolve': ({ id, query, form }) =>
    query['answer'] === 'not-published'
      ? { deed: { name: 'jobs resolve', args: [id], options: { notPublished: true } }, said: 'again' }
      : {
          deed: { name: 'jobs resolve', args: [id], options: { published: one(form, 'published') } },
          said: 'published',
        },
  '/rules/:id/pause': ({ id }) => ({ deed: { name: 'rule pause', args: [id] }, said: 'pause' }),
  '/rules/:id/resume': ({ id }) => ({ deed: { name: 'rule resume', args: [id] }, said: 'resume' }),
  '/accounts/:id/pause': ({ id }) => ({ deed: { name: 'accounts pause', args: [id] }, said: 'pause' }),
  '/accounts/:id/resume': ({ id }) => ({ deed: { name: 'accounts resume', args: [id] }, said: 'resume' }),
};

/** What a person wrote anew; what stayed as the rule made it is left to the rule. */
function newWords(form: Form): Record<string, string> {
  const words: Record<string, string> = {};
  for (const [name, before] of [
    ['text', 'oldText'],
    ['title', 'oldTitle'],
  ] as const) {
    const written = form[name];
    if (typeof written === 'string' && written !== form[before])
      words[name] = written.replaceAll('\r\n', '\n');
  }
  return words;
}

function one(form: Form, name: string): string {
  const value = form[name];
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

function many(form: Form, name: string): string[] {
  const value = form[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : [...value];
}
