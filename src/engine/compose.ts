import type { Account } from '../core/account.ts';
import type { Platform } from '../core/platform.ts';
import { type Rule, zoneOf } from '../core/rule.ts';
import { render } from '../core/template.ts';
import type { FittedText } from '../core/text.ts';
import type { Video } from '../core/video.ts';

/** The text of one job, inside the platform's limits: the rule's template, or what its person wrote. */
export function composeText(
  platform: Platform,
  account: Account,
  video: Video & { source: string },
  rule: Rule | undefined,
  job: { text: Readonly<Record<string, unknown>> | null },
): FittedText {
  const destination = rule?.destinations.find((one) => one.accountId === account.id);
  const written = job.text;
  const subject = { ...video, timeZone: rule ? zoneOf(rule) : 'UTC' };
  const caption =
    textOf(written?.['body']) ?? render(destination?.caption ?? rule?.caption ?? '{caption}', subject);
  const titleTemplate = destination?.title ?? rule?.title;
  const title =
    textOf(written?.['title']) ?? (titleTemplate === undefined ? undefined : render(titleTemplate, subject));
  return platform.fit({
    caption,
    ...(title === undefined ? {} : { title }),
    url: video.url,
    options: destination?.options ?? {},
    accountSettings: account.settings,
  });
}

/** The text that a rule gives a video; undefined where its template can't be filled, which the job then says. */
export function previewText(
  platform: Platform,
  account: Account,
  video: Video & { source: string },
  rule: Rule,
): FittedText | undefined {
  try {
    return composeText(platform, account, video, rule, { text: null });
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
