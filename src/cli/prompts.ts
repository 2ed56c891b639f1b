import { createPromptModule } from 'inquirer';
import { Failure } from '../core/failure.ts';

/** Standard output is for data: it may lead into a file while a person sits at the terminal. */
const prompt = createPromptModule({ output: process.stderr });

/** Asks for one line of text on the terminal; a secret is not shown. An empty line means the preset, where there is one. */
export async function askText(question: string, secret = false, preset?: string): Promise<string> {
  return guard(async () => {
    const { answer } = await prompt<{ answer: string }>([
      secret
        ? { type: 'password', name: 'answer', message: question, mask: '*' }
        : {
            type: 'input',
            name: 'answer',
            message: question,
            ...(preset === undefined ? {} : { default: preset }),
            validate: (text: string) => text.trim() !== '' || 'Please type something.',
          },
    ]);
    return answer;
  });
}

/** One line, with what is there already to be changed. */
export async function askLine(question: string, preset: string): Promise<string> {
  return guard(async () => {
    const { answer } = await prompt<{ answer: string }>([
      { type: 'input', name: 'answer', message: question, default: preset },
    ]);
    return answer;
  });
}

/** Several lines, in the person's editor (VISUAL, EDITOR). */
export async function askEditor(question: string, preset: string): Promise<string> {
  return guard(async () => {
    const { answer } = await prompt<{ answer: string }>([
      { type: 'editor', name: 'answer', message: question, default: preset, waitForUserInput: false },
    ]);
    return answer;
  });
}

export async function askConfirm(question: string, preset = false): Promise<boolean> {
  return guard(async () => {
    const { answer } = await prompt<{ answer: boolean }>([
      { type: 'confirm', name: 'answer', message: question, default: preset },
    ]);
    return answer;
  });
}

/** One of several; gives its value. */
export async function askChoice<T extends string>(
  question: string,
  choices: readonly { name: string; value: T }[],
): Promise<T> {
  return guard(async () => {
    const { answer } = await prompt<{ answer: string }>([
      { type: 'select', name: 'answer', message: question, choices: [...choices] },
    ]);
    return answer as T;
  });
}

/** Ctrl-C at a prompt is an interruption, not a fault. */
async function guard<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw new Failure('E_INTERRUPTED', { cause: error });
    throw error;
  }
}
