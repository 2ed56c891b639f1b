import { stderr, stdin } from 'node:process';
import { Failure } from '../core/failure.ts';

/**
 * The questions of prompts.ts as plain lines, for TERM=dumb, a screen reader, or a log of the terminal: nothing that
 * was written is ever drawn again. The terminal itself lets a line be edited; a secret is read without showing it.
 */
export async function askText(question: string, secret = false, preset?: string): Promise<string> {
  for (;;) {
    const line = await readLine(`${question}${preset === undefined ? '' : ` [${preset}]`}: `, secret);
    const text = line === '' ? (preset ?? '') : line;
    if (text.trim() !== '' || secret) return text;
    stderr.write('Please type something.\n');
  }
}

/** A terminal that draws nothing can't offer what is there to be changed: an empty line keeps it. */
export async function askLine(question: string, preset: string): Promise<string> {
  return (await readLine(`${question} [${preset}]: `, false)) || preset;
}

export async function askConfirm(question: string, preset = false): Promise<boolean> {
  for (;;) {
    const word = (await readLine(`${question} (${preset ? 'Y/n' : 'y/N'}): `, false)).trim().toLowerCase();
    if (word === '') return preset;
    if (/^y(?:es)?$/u.test(word)) return true;
    if (/^no?$/u.test(word)) return false;
    stderr.write('Please type y or n.\n');
  }
}

/** One of several by its number; gives its value. */
export async function askChoice<T extends string>(
  question: string,
  choices: readonly { name: string; value: T }[],
): Promise<T> {
  for (const [index, { name }] of choices.entries()) stderr.write(`  ${index + 1}. ${name}\n`);
  for (;;) {
    const chosen = choices[Number(await readLine(`${question} (1 to ${choices.length}): `, false)) - 1];
    if (chosen) return chosen.value;
    stderr.write('Please type one of the numbers.\n');
  }
}

/** The person's editor draws what it draws. */
export async function askEditor(question: string, preset: string): Promise<string> {
  return (await import('./prompts.ts')).askEditor(question, preset);
}

const KEYS = { interrupt: '\u0003', end: '\u0004', erase: /[\u0008\u007f]/u, enter: /[\r\n]/u } as const;

/** One line of standard input. Throws E_INTERRUPTED at Ctrl-C and where there is no more. */
function readLine(question: string, secret: boolean): Promise<string> {
  stderr.write(question);
  if (secret) stdin.setRawMode?.(true);
  stdin.setEncoding('utf8');
  return new Promise<string>((resolve, reject) => {
    let line = '';
    const settle = (end: () => void) => {
      stdin.off('data', read).off('end', stop).pause();
      process.off('SIGINT', stop);
      if (secret) {
        stdin.setRawMode?.(false);
        stderr.write('\n');
      }
      end();
    };
    const stop = () => settle(() => reject(new Failure('E_INTERRUPTED')));
    const read = (text: string) => {
      for (const key of text) {
        if (key === KEYS.interrupt || (key === KEYS.end && line === '')) return stop();
        if (KEYS.enter.test(key)) return settle(() => resolve(line));
        line = KEYS.erase.test(key) ? [...line].slice(0, -1).join('') : line + key;
      }
      return undefined;
    };
    stdin.on('data', read).once('end', stop).resume();
    process.once('SIGINT', stop);
  });
}
