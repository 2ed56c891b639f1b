import { Failure } from '../../core/failure.ts';
import type { Guide } from '../../core/platform.ts';
import { ask } from '../ask.ts';
import type { Turn } from '../command.ts';
import { sayFailure } from '../exit.ts';
import { columnsOf, painter, wantsColor } from '../io.ts';
import type { QuestionName } from '../questions.ts';
import { fold } from '../wrap.ts';

export type Answer = 'now' | 'later' | 'stop';

/** What is said and asked on the way. Answers are typed, never chosen from a picture: they work over SSH and for a screen reader. */
export interface Talk {
  heading(text: string): void;
  say(text: string): void;
  /** What to open and do; more lines come after the platform's own. */
  guide(guide: Guide | undefined, more?: readonly string[]): void;
  done(text: string): void;
  /** Yes, later or stop; an empty line means yes. */
  now(question: string): Promise<Answer>;
  ask(name: QuestionName, question: string, preset?: string): Promise<string>;
  secret(name: QuestionName, question: string): Promise<string>;
  confirm(name: QuestionName, question: string, preset: boolean): Promise<boolean>;
  trouble(error: Failure): void;
}

const WIDEST = 100;

export function openTalk(turn: Turn): Talk {
  const { io } = turn.app;
  const paint = painter(wantsColor(io, io.stderr));
  const width = Math.min(columnsOf(io.stderr), WIDEST);
  const say = (text: string) => void io.stderr.write(`${fold(text, width)}\n`);
  return {
    heading: (text) => say(`\n${paint('bold', text)}`),
    say,
    guide: (guide, more = []) => {
      if (guide) say(`Open ${guide.opens}`);
      for (const [index, line] of [...(guide?.steps ?? []), ...more].entries())
        say(`  ${index + 1}. ${line}`);
      if (guide) say(`  ${guide.review}`);
    },
    done: (text) => say(`${paint('green', 'done')}  ${text}`),
    now: async (question) => {
      const { askText } = await ask(turn, 'initStep');
      for (;;) {
        const word = (await askText(`${question} (yes, later, stop)`, false, 'yes')).trim().toLowerCase();
        const answer = answers.get(word);
        if (answer) return answer;
        say('Please type yes, later or stop.');
      }
    },
    ask: async (name, question, preset) => {
      const { askText } = await ask(turn, name);
      return (await askText(question, false, preset)).trim();
    },
    secret: async (name, question) => {
      const { askText } = await ask(turn, name);
      return (await askText(question, true)).trim();
    },
    confirm: async (name, question, preset) => {
      const { askConfirm } = await ask(turn, name);
      return askConfirm(question, preset);
    },
    trouble: (error) => sayFailure(io, error, false),
  };
}

const answers = new Map<string, Answer>([
  ['yes', 'now'],
  ['y', 'now'],
  ['again', 'now'],
  ['later', 'later'],
  ['l', 'later'],
  ['no', 'later'],
  ['n', 'later'],
  ['stop', 'stop'],
  ['s', 'stop'],
  ['q', 'stop'],
]);

/** Ends the walk where its person wants to stop. */
export class Stopped extends Failure {
  constructor() {
    super('E_INTERRUPTED', { message: 'Stopped.' });
  }
}
