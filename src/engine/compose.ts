import type { Account } from '../core/account.ts';
import type { Platform } from '../core/platform.ts';
import type { Rule } from '../core/rule.ts';
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
  const caption =
    textOf(written?.['body']) ?? render(destination?.caption ?? rule?.caption ?? '{caption}', video);
  const titleTemplate = destination?.title ?? rule?.title;
  const title =
    textOf(written?.['title']) ?? (titleTemplate === undefined ? undefined : render(titleTemplate, video));
  return platform.fit({
    caption,
    ...(title === undefined ? {} : { title }),
    url: video.url,
    options: destination?.options ?? {},
    accountSettings: account.settings,
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
