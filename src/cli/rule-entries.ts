import { dirname, resolve } from 'node:path';
import type { Account } from '../core/account.ts';
import { checkFilter } from '../core/filter.ts';
import { type Rule, type RuleDestination, specOf } from '../core/rule.ts';
import { sayLength } from '../core/settings.ts';
import { checkTemplate } from '../core/template.ts';
import { checkTiming, delayOf, type Timing } from '../core/timing.ts';
import type { NewRule, SourceRow, Store } from '../store/types.ts';
import type { Turn } from './command.ts';
import { findAccount } from './find.ts';
import { zoneOfHome } from './rule-flags.ts';
import { checkDestination, mediaSpecs, parseCatchUp, sourceFor } from './rule-parts.ts';
import type { DestinationEntry, RuleEntry, RuleText } from './rule-text.ts';
import { parseMoment } from './time.ts';

/** A rule as it stands in a file: names in place of ids, and nothing that is as usual anyway. */
export function entryOf(rule: Rule, sources: readonly SourceRow[], accounts: readonly Account[]): RuleEntry {
  const spec = specOf(rule);
  const timing = present<Timing>({
    ...spec.timing,
    ...(rule.delayMs === 0 ? {} : { delay: sayLength(rule.delayMs) }),
  });
  const catchUp = rule.catchUp.kind === 'newest' ? `newest:${rule.catchUp.count}` : rule.catchUp.kind;
  const { count, since } = spec.backfill ?? {};
  return {
    name: rule.name,
    from: sources.find(({ id }) => id === rule.sourceId)?.name ?? String(rule.sourceId),
    to: rule.destinations.map((destination) => destinationEntry(destination, accounts)),
    ...(rule.user === 'me' ? {} : { user: rule.user }),
    ...(rule.media.length === 0
      ? {}
      : {
          media: rule.media.map((media) =>
            media.kind === 'yt-dlp' ? 'yt-dlp' : `${media.kind}:${media.path}`,
          ),
        }),
    ...(rule.caption === undefined ? {} : { caption: rule.caption }),
    ...(rule.title === undefined ? {} : { title: rule.title }),
    ...(spec.filter ? { filter: spec.filter } : {}),
    ...(timing ? { timing } : {}),
    ...(rule.approve ? { approve: true } : {}),
    ...(catchUp === 'all' ? {} : { catchUp }),
    ...(rule.paused ? { paused: true } : {}),
    ...(spec.fit === undefined || spec.fit === 'remux' ? {} : { fit: spec.fit }),
    ...(spec.tooLong === undefined || spec.tooLong === 'skip' ? {} : { tooLong: spec.tooLong }),
    ...(spec.watermark === 'allow' ? { watermark: spec.watermark } : {}),
    ...(spec.backfill
      ? {
          backfill: {
            ...(count === undefined ? {} : { count }),
            ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
          },
        }
      : {}),
  };
}

function destinationEntry(
  destination: RuleDestination,
  accounts: readonly Account[],
): string | DestinationEntry {
  const account =
    accounts.find(({ id }) => id === destination.accountId)?.account ?? String(destination.accountId);
  const { caption, title, timing, options } = destination;
  const more = {
    ...(caption === undefined ? {} : { caption }),
    ...(title === undefined ? {} : { title }),
    ...(timing ? { timing } : {}),
    ...(Object.keys(options).length === 0
      ? {}
      : { options: options as DestinationEntry['options'] & object }),
  };
  return Object.keys(more).length === 0 ? account : { account, ...more };
}

function present<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

/** True where a filter, or one within it, speaks of dates. */
function namesDate(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  return Object.entries(part).some(
    ([key, inner]) => key === 'publishedAfter' || key === 'publishedBefore' || namesDate(inner),
  );
}

/** What a file's entry makes of a rule; `before` where there is one of this name. Throws with the place in the file. */
export async function ruleFrom(
  turn: Turn,
  store: Store,
  text: RuleText,
  index: number,
  before: Rule | undefined,
  file: string,
): Promise<NewRule> {
  const entry = text.entries[index] as RuleEntry;
  const now = turn.app.clock.now();
  const here = ['rules', index] as const;
  const source = await text.atLast([...here, 'from'], () => sourceFor(turn, store, entry.from));
  const destinations: RuleDestination[] = [];
  for (const [number, to] of entry.to.entries())
    destinations.push(
      await text.atLast([...here, 'to', number], () => destinationFrom(store, to, source.accountId)),
    );
  for (const part of ['caption', 'title'] as const) {
    const template = entry[part];
    if (template !== undefined) text.at([...here, part], () => checkTemplate(template));
  }
  const { filter, timing } = entry;
  if (filter) text.at([...here, 'filter'], () => checkFilter(filter));
  if (timing) text.at([...here, 'timing'], () => checkTiming(timing));
  const { delay: _, ...rest } = timing ?? {};
  // Local times and dates are kept with their zone, so that they mean the same on every machine.
  const local =
    Object.keys(rest).length > 0 ||
    namesDate(filter) ||
    destinations.some(({ timing: own }) => own && !own.timeZone);
  const zoned = local ? { timeZone: zoneOfHome(turn.app.config), ...rest } : undefined;
  const backfill = text.at([...here, 'backfill'], () => backfillFrom(entry.backfill, now));
  const again = JSON.stringify(backfill) !== JSON.stringify(before && specOf(before).backfill);
  const doneAt = again ? undefined : before && specOf(before).backfilledAt;
  const pausedAt = before?.paused
    ? (specOf(before).pausedAt ?? before.updatedAt)
    : entry.paused
      ? now
      : undefined;
  return {
    name: entry.name,
    user: entry.user ?? before?.user ?? source.user,
    sourceId: source.id,
    destinations,
    // A path in a file is meant from the file's folder on.
    media: text.at([...here, 'media'], () => mediaSpecs(turn, entry.media ?? [], dirname(resolve(file)))),
    ...(entry.caption === undefined ? {} : { caption: entry.caption }),
    ...(entry.title === undefined ? {} : { title: entry.title }),
    delayMs: timing ? delayOf(timing) : 0,
    approve: entry.approve ?? false,
    catchUp: parseCatchUp(entry.catchUp ?? 'all'),
    paused: entry.paused ?? false,
    startsAt: before?.startsAt ?? now,
    spec: {
      fit: entry.fit ?? 'remux',
      tooLong: entry.tooLong ?? 'skip',
      ...(entry.watermark === 'allow' ? { watermark: entry.watermark } : {}),
      ...(filter ? { filter } : {}),
      ...(zoned ? { timing: zoned } : {}),
      ...(backfill ? { backfill } : {}),
      ...(backfill && doneAt !== undefined ? { backfilledAt: doneAt } : {}),
      ...(entry.paused && pausedAt !== undefined ? { pausedAt } : {}),
    },
  };
}

async function destinationFrom(
  store: Store,
  to: string | DestinationEntry,
  sourceAccountId: number | null,
): Promise<RuleDestination> {
  const entry: DestinationEntry = typeof to === 'string' ? { account: to } : to;
  const account = await findAccount(store, entry.account);
  checkDestination(account, sourceAccountId);
  for (const template of [entry.caption, entry.title]) if (template !== undefined) checkTemplate(template);
  if (entry.timing) checkTiming(entry.timing);
  return {
    accountId: account.id,
    options: entry.options ?? {},
    ...(entry.caption === undefined ? {} : { caption: entry.caption }),
    ...(entry.title === undefined ? {} : { title: entry.title }),
    ...(entry.timing ? { timing: entry.timing } : {}),
  };
}

function backfillFrom(
  entry: RuleEntry['backfill'],
  now: number,
): { count?: number; since?: number } | undefined {
  if (!entry) return undefined;
  return {
    ...(entry.count === undefined ? {} : { count: entry.count }),
    ...(entry.since === undefined ? {} : { since: parseMoment(entry.since, now) }),
  };
}
