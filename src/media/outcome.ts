import { asFailure } from '../core/failure.ts';
import type { MediaFacts, MediaRules } from '../core/media.ts';
import { checkMedia, type MediaProblem } from '../core/media-rules.ts';
import { chooseRecipe, type FitOptions } from './recipe.ts';

/** What becomes of a file under a platform's rules. */
export interface Outcome {
  /** `copied`: its streams, into a new container. `encoded`: its pictures or its sound anew. */
  outcome: 'fits' | 'copied' | 'encoded' | 'refused';
  /** True where its end must be cut off. */
  trimmed: boolean;
  /** Each limit against the file. */
  problems: readonly MediaProblem[];
  /** Where it is refused: what could be done about it. */
  hint?: string;
}

/** From the lightest work to the heaviest. */
const allowances: readonly Required<FitOptions>[] = [
  { fit: 'remux', tooLong: 'skip' },
  { fit: 'remux', tooLong: 'trim' },
  { fit: 'transcode', tooLong: 'skip' },
  { fit: 'transcode', tooLong: 'trim' },
];

/** The least that must be done so that the file keeps to the rules, whatever a rule allows. Starts nothing. */
export function leastWork(facts: MediaFacts, rules: MediaRules): Outcome {
  for (const options of allowances) {
    const outcome = outcomeUnder(facts, rules, options);
    if (outcome.outcome !== 'refused' || options === allowances.at(-1)) return outcome;
  }
  throw new RangeError('there is no allowance');
}

/** What becomes of the file where no more than this is allowed. Starts nothing. */
export function outcomeUnder(facts: MediaFacts, rules: MediaRules, options: FitOptions): Outcome {
  const check = checkMedia(facts, rules);
  const problems = check.ok ? [] : check.problems;
  try {
    const recipe = chooseRecipe(facts, rules, options);
    if (recipe === undefined) return { outcome: 'fits', trimmed: false, problems };
    const encoded = recipe.video !== 'copy' || recipe.audio === 'aac';
    return { outcome: encoded ? 'encoded' : 'copied', trimmed: recipe.trimMs !== undefined, problems };
  } catch (error) {
    return { outcome: 'refused', trimmed: false, problems, hint: asFailure(error).hint };
  }
}
