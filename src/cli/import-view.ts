import { DAY } from '../core/clock.ts';
import { sayWallTime } from '../core/wall-clock.ts';
import { sumOf } from '../engine/backfill.ts';
import type { Registry } from '../engine/deps.ts';
import { moneyOfPost } from '../engine/forecast.ts';
import type { ImportPlan, RuleOutlook } from '../engine/import.ts';
import type { ExportedPost } from '../media/export-file.ts';
import type { SourceRow } from '../store/types.ts';
import { iso, schemaVersion } from '../web/views.ts';
import { counted } from './counted.ts';

/** All that is told of an import. */
export interface Told {
  file: string;
  row: SourceRow;
  posts: readonly ExportedPost[];
  plan: ImportPlan;
  outlook: readonly RuleOutlook[];
  dryRun: boolean;
  zone: string;
  now: number;
}

/** What `import --json` prints. */
export function importView(told: Told, registry: Pick<Registry, 'platform'>) {
  const { file, row, posts, plan, outlook, dryRun, now } = told;
  const links = posts.flatMap(({ link }) => (link === undefined ? [] : [link]));
  const ends = links.map((link) => Number(new URL(link).searchParams.get('x-tos-expires')) * 1000);
  const soonest = ends.filter((at) => at > 0).sort((a, b) => a - b)[0];
  return {
    schemaVersion,
    file,
    source: row.name,
    dryRun,
    posts: posts.length,
    from: iso(posts.at(-1)?.postedAt ?? null),
    to: iso(posts.at(0)?.postedAt ?? null),
    known: plan.known,
    captions: plan.captions.length,
    added: plan.added.length,
    leftOut: plan.left.map(({ post, why }) => ({ postedAt: iso(post.postedAt), caption: post.caption, why })),
    links: links.length,
    linksUntil: iso(soonest ?? null),
    rules: outlook.map((one) => outlookView(one, registry, now)),
  };
}

type View = ReturnType<typeof importView>;

function outlookView({ rule, jobs }: RuleOutlook, registry: Pick<Registry, 'platform'>, now: number) {
  const sum = sumOf(jobs ?? []);
  const millicents = (jobs ?? []).map(({ account, text }) => {
    const platform = registry.platform(account.platform);
    return platform ? moneyOfPost(platform, text) : 0;
  });
  return {
    rule: rule.name,
    backfill: jobs !== undefined,
    videos: sum.videos,
    posts: sum.posts,
    firstAt: iso(sum.firstAt),
    lastAt: iso(sum.lastAt),
    days: sum.lastAt === null ? 0 : Math.ceil(Math.max(0, sum.lastAt - now) / DAY),
    heldBy: [...new Set((jobs ?? []).flatMap(({ by }) => by ?? []))],
    usd: millicents.reduce((total, one) => total + one, 0) / 100_000,
  };
}

/** The same for people. */
export function importText({ row, plan, zone }: Told, view: View): string {
  const until = view.linksUntil === null ? '' : `, the first of them ends on ${view.linksUntil.slice(0, 10)}`;
  const reasons = new Map<string, number>();
  for (const { why } of plan.left) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  return [
    view.posts === 0
      ? 'There are no posts in this export.'
      : `${counted(view.posts, 'post')} of ${row.name} from ${view.from?.slice(0, 10)} to ${view.to?.slice(0, 10)}`,
    `  ${view.known} known already, of which ${view.captions} get their whole caption`,
    `  ${view.added} become known`,
    ...[...reasons].map(([why, count]) => `  ${count} left out: ${why}`),
    `  ${counted(view.links, 'link')} to files${until}`,
    ...(view.rules.length === 0 ? [`No rule watches ${row.name} yet: nothing is posted.`] : []),
    ...view.rules.map((rule) => ruleText(rule, zone)),
  ].join('\n');
}

function ruleText(rule: View['rules'][number], zone: string): string {
  if (!rule.backfill)
    return `“${rule.rule}” takes nothing of the past: it has no backfill (repost rule edit ${rule.rule}).`;
  if (rule.firstAt === null || rule.lastAt === null)
    return `“${rule.rule}”: its backfill finds nothing that it wants and that has no job yet.`;
  const [first, last] = [rule.firstAt, rule.lastAt].map((at) => sayWallTime(zone, Date.parse(at)));
  const money = rule.usd > 0 ? `, $${rule.usd.toFixed(2)} at X` : '';
  const held = rule.heldBy.length > 0 ? `; held by ${rule.heldBy.join(', ')}` : '';
  return `“${rule.rule}”: ${counted(rule.posts, 'post')} of ${counted(rule.videos, 'video')} within ${counted(rule.days, 'day')}, ${first} to ${last} (${zone})${money}${held}.`;
}
