import type { Rule } from '../core/rule.ts';
import type { Resumption } from '../engine/resume.ts';

/** What resuming a rule is about to do, in words. */
export function resumeText(rule: Rule, { missed, taken, dropped, released }: Resumption): string {
  const said = rule.catchUp.kind === 'newest' ? `newest:${rule.catchUp.count}` : rule.catchUp.kind;
  const meanwhile =
    missed === 0
      ? 'nothing appeared during the pause'
      : `${missed} video(s) appeared during the pause, ${taken} of them are taken (catch-up: ${said})`;
  const cancelled = dropped.length === 0 ? '' : `, ${dropped.length} job(s) are cancelled`;
  return `“${rule.name}” goes on: ${meanwhile}; ${released} held job(s) go out by its timing${cancelled}.`;
}
