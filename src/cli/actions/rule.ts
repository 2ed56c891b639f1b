import type { Timing } from '../../core/timing.ts';
import { pauseRule, planResume, resumeRule } from '../../engine/resume.ts';
import type { Turn } from '../command.ts';
import { findRule } from '../find.ts';
import { resumeText } from '../resume-text.ts';
import { spanText } from '../table.ts';
import { viewOf } from './rule-list.ts';

export async function showRule({ app, print }: Turn, _options: unknown, text: string): Promise<undefined> {
  const store = await app.store();
  const view = await viewOf(store, await findRule(store, text));
  print(view, () =>
    [
      `rule      ${view.name}${view.paused ? ' (paused)' : ''}`,
      `from      ${view.from ?? '–'}`,
      ...view.to.map(({ account, options }) =>
        `to        ${account ?? '–'} ${Object.entries(options)
          .map(([key, value]) => `${key}=${String(value)}`)
          .join(' ')}`.trimEnd(),
      ),
      `files     ${view.media.join(', ') || 'the folder of originals'}`,
      `caption   ${view.caption ?? '{caption}'}`,
      `delay     ${view.delaySeconds === 0 ? 'none' : spanText(view.delaySeconds * 1000)}`,
      ...filterLines(view.filter),
      ...timingLines(view.timing),
      `approval  ${view.approve ? 'needed' : 'not needed'}`,
      `catch-up  ${view.catchUp}`,
    ].join('\n'),
  );
}

const filterLines = (filter: unknown) => (filter ? [`takes     ${JSON.stringify(filter)}`] : []);

function timingLines(timing: unknown): string[] {
  const { timeZone = 'UTC', windows, slots, gap, perDay } = (timing ?? {}) as Timing;
  const parts = [
    ...(windows ? [windows.join(', ')] : []),
    ...(slots ? [`at ${slots.join(', ')}`] : []),
    ...(gap === undefined ? [] : [`${gap} apart`]),
    ...(perDay === undefined ? [] : [`${perDay} a day`]),
  ];
  return parts.length === 0 ? [] : [`timing    ${parts.join('; ')} (${timeZone})`];
}

/** Makes no new posts by the rule until it is resumed. */
export async function pause({ app, print, note }: Turn, _options: unknown, text: string): Promise<undefined> {
  const store = await app.store();
  const rule = await findRule(store, text);
  const { rule: changed, held } = rule.paused
    ? { rule, held: 0 }
    : await pauseRule(store, rule, app.clock.now());
  app.nudge();
  print(await viewOf(store, changed), () => `Rule “${rule.name}” is paused.`);
  if (held > 0) note(`${held} waiting job(s) are held; new videos are held too.`);
}

/** Lets the rule go on; its catch-up decides about what appeared meanwhile, and that is said before it happens. */
export async function resume(
  { app, print, note }: Turn,
  options: { dryRun?: boolean },
  text: string,
): Promise<undefined> {
  const store = await app.store();
  const rule = await findRule(store, text);
  const plan = rule.paused ? await planResume(store, rule) : undefined;
  if (plan) note(resumeText(rule, plan));
  const dryRun = options.dryRun ?? false;
  const changed = plan && !dryRun ? await resumeRule(store, rule, plan, app.clock.now()) : rule;
  app.nudge();
  const figures = {
    missed: plan?.missed ?? 0,
    taken: plan?.taken ?? 0,
    cancelled: plan?.dropped.length ?? 0,
    released: plan?.released ?? 0,
  };
  print({ ...(await viewOf(store, changed)), resumed: figures }, () =>
    dryRun ? 'Nothing was changed: --dry-run.' : `Rule “${rule.name}” is on.`,
  );
}

export async function removeRule({ app, print }: Turn, _options: unknown, text: string): Promise<undefined> {
  const store = await app.store();
  const rule = await findRule(store, text);
  const view = await viewOf(store, rule);
  await store.rules.remove(rule.id, app.clock.now());
  app.nudge();
  print(view, () => `Removed the rule “${rule.name}”; its waiting jobs are cancelled, its posts stay.`);
}
