import { Failure } from '../core/failure.ts';
import { canAsk, type Io } from './io.ts';
import { adviceFor, type QuestionName, questions } from './questions.ts';

/** Who would ask: a command's turn has all of it. */
export interface Asker {
  app: { io: Io; noInput: boolean };
  /** The words of the command that runs: `rule add`. */
  command?: string;
}

/** Whether a person is there who can be asked. */
export const mayAsk = ({ app }: Asker): boolean => canAsk(app.io, app.noInput);

/** The one door to the prompts. Throws E_MISSING_ANSWER, naming what answers the question, where nobody can be asked. */
export async function ask(asker: Asker, name: QuestionName): Promise<typeof import('./prompts.ts')> {
  if (!mayAsk(asker)) throw missingAnswer(asker, name);
  return asker.app.io.env['TERM'] === 'dumb' ? import('./prompts-plain.ts') : import('./prompts.ts');
}

/** What is said where a question can't be asked; a command may know more words. */
export function missingAnswer(
  { command = '' }: Asker,
  name: QuestionName,
  more: { message?: string; command?: string } = {},
): Failure {
  return new Failure('E_MISSING_ANSWER', {
    message: questions[name].missing,
    hint: adviceFor(name, command),
    ...more,
  });
}
