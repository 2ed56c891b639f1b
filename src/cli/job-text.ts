import type { FittedText } from '../core/text.ts';
import { composeText } from '../engine/compose.ts';
import { loadPlatform } from '../platforms/one.ts';
import type { JobView, Store } from '../store/types.ts';
import { harmless } from './io.ts';

/** The text that a job will be published with, as the engine composes it. Throws E_RULE where its template can't be filled. */
export async function jobText(store: Store, job: JobView): Promise<FittedText> {
  const rule = job.ruleId === null ? undefined : await store.rules.get(job.ruleId);
  return composeText(await loadPlatform(job.account.platform), job.account, job.video, rule, job);
}

/** A text with its count, line by line, for a terminal. */
export function textLines({ title, body, count, notes }: FittedText): string[] {
  const [first = '', ...rest] = body.split('\n').map(harmless);
  return [
    ...(title === undefined ? [] : [`title    ${harmless(title)}`]),
    `text     ${first}`,
    ...rest.map((line) => `         ${line}`),
    `         [${count.used} of ${count.max} ${count.unit}]${notes.length > 0 ? ` ${notes.join(', ')}` : ''}`,
  ];
}
