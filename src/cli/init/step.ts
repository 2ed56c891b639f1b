import { asFailure, Failure } from '../../core/failure.ts';
import { Stopped, type Talk } from './talk.ts';

/** One part of the first set-up. Whether it is done is read from the home itself: that is what makes it resumable. */
export interface Step {
  title: string;
  /** The command that does the same by itself. */
  command: string;
  /** What there is already, for people; undefined while it is open. */
  found(): Promise<string | undefined>;
  /** What is said before the question. */
  explain?(): void;
  /** Does it; gives what there is now. Throws Failure: it is said, and the step asked again. */
  run(): Promise<string>;
  /** True where a home is set up without it. */
  optional?: true;
  /** It minds Ctrl-C itself: what runs is let end. */
  drains?: true;
}

export interface Walked {
  done: Step[];
  left: Step[];
}

/** Goes through the steps; those that are done already are only named. Throws Stopped, and E_INTERRUPTED of a prompt. */
export async function walk(
  talk: Talk,
  steps: () => Promise<readonly Step[]>,
  run: (step: Step) => Promise<string>,
): Promise<Walked> {
  const walked: Walked = { done: [], left: [] };
  const seen = new Set<string>();
  for (;;) {
    // What one step did can bring others.
    const step = (await steps()).find(({ title }) => !seen.has(title));
    if (!step) return walked;
    seen.add(step.title);
    const found = await step.found();
    if (found !== undefined) {
      talk.done(`${step.title}: ${found}`);
      walked.done.push(step);
    } else (await take(talk, step, run)) ? walked.done.push(step) : walked.left.push(step);
  }
}

async function take(talk: Talk, step: Step, run: (step: Step) => Promise<string>): Promise<boolean> {
  talk.heading(step.title);
  step.explain?.();
  for (let question = 'Do it now?'; ; question = 'Try again?') {
    const answer = await talk.now(question);
    if (answer === 'stop') throw new Stopped();
    if (answer === 'later') return false;
    try {
      talk.done(await run(step));
      return true;
    } catch (error) {
      const failure = asFailure(error);
      if (failure instanceof Failure && failure.code === 'E_INTERRUPTED') throw failure;
      talk.trouble(failure);
    }
  }
}
