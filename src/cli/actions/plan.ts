import { ownZoneAt } from '../../core/rule.ts';
import type { SourceItem } from '../../core/video.ts';
import { sayWallTime } from '../../core/wall-clock.ts';
import { warningTexts } from '../../core/warnings.ts';
import { costsOfPost } from '../../engine/forecast.ts';
import { makePlan, type Plan } from '../../engine/plan.ts';
import type { PlanDeps, PlannedPost } from '../../engine/plan-posts.ts';
import { testRule } from '../../engine/rule-test.ts';
import { sourceContext } from '../../engine/still-public.ts';
import { registry } from '../../platforms/index.ts';
import type { SourceRow, Store } from '../../store/types.ts';
import { planView } from '../../web/plan-view.ts';
import type { App } from '../app.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { findRule, wholeNumber } from '../find.ts';
import { harmless, shorten } from '../io.ts';
import { limitStates } from '../limits.ts';
import { zoneOfHome } from '../rule-flags.ts';
import { relativeText } from '../table.ts';
import { silenced } from '../warned.ts';

interface PlanOptions {
  rule?: string;
  last: string;
  poll?: boolean;
  full?: boolean;
}

/** What would be posted, when, with which text and at what price; why the rest would not. Nothing is sent. */
export async function showPlan(turn: Turn, options: PlanOptions): Promise<undefined> {
  const { app } = turn;
  const last = wholeNumber(options.last, '--last');
  const fresh = options.poll ? await look(app) : undefined;
  const store = await app.reader();
  try {
    const rule = options.rule === undefined ? undefined : await findRule(store, options.rule);
    const plan = await makePlan(planDeps(app, store), {
      last,
      ...(rule ? { rule } : {}),
      ...(fresh ? { fresh } : {}),
    });
    await printPlan(turn, store, plan, options.full ?? false);
    if (plan.posts.length === 0 && !options.poll)
      turn.note(
        'Only what is stored was looked at; --poll asks the sources for what is new, without storing it.',
      );
  } finally {
    await store.close();
  }
}

/** What a rule would have done with the last videos. */
export async function rehearseRule(
  turn: Turn,
  options: { last: string; full?: boolean },
  text: string,
): Promise<undefined> {
  const store = await turn.app.reader();
  try {
    const rule = await findRule(store, text);
    // A rule is tried before it is let go: what it would do if it were on.
    const plan = await testRule(
      planDeps(turn.app, store),
      { ...rule, paused: false },
      wholeNumber(options.last, '--last'),
    );
    await printPlan(turn, store, plan, options.full ?? false);
  } finally {
    await store.close();
  }
}

function planDeps(app: App, store: Store): PlanDeps {
  return {
    store,
    registry,
    now: app.clock.now(),
    settings: {
      pollIntervalMs: app.config.number('poll.interval'),
      retry: {
        baseMs: app.config.number('retry.base'),
        capMs: app.config.number('retry.cap'),
        attempts: app.config.number('retry.attempts'),
        giveUpMs: app.config.number('retry.giveUp'),
      },
    },
  };
}

/** Asks every source once, as a poll would, and keeps nothing of it. */
async function look(app: App): Promise<Map<number, readonly SourceItem[]>> {
  const { openEngine } = await import('../engine.ts');
  const { deps } = await openEngine(app);
  const found = new Map<number, readonly SourceItem[]>();
  for (const row of await deps.store.sources.list()) {
    const source = deps.registry.source(row.kind);
    if (!source || row.paused) continue;
    const known = await deps.store.videos.known(row.id, []);
    const items = await source.poll(await sourceContext(deps, row as SourceRow, known));
    found.set(
      row.id,
      items.filter((item) => !known.has(item.remoteId)),
    );
  }
  return found;
}

async function printPlan(turn: Turn, store: Store, plan: Plan, full: boolean): Promise<void> {
  const { app, print } = turn;
  const accounts = [...new Map(plan.posts.map(({ account }) => [account.id, account])).values()];
  const limits = await limitStates(store, accounts, plan.at);
  const quiet = await silenced(store);
  const zone = zoneOfHome(app.config);
  print(planView(plan, limits, quiet), () =>
    [
      ...plan.catchUps.map(
        ({ source, rule, missed, taken }) =>
          `${source}: ${missed} video(s) appeared while nothing ran; “${rule}” takes ${taken} of them (its catch-up).`,
      ),
      ...plan.troubles.map(({ rule, why }) => turn.paint('red', `“${rule}” can’t be used: ${why}`)),
      headline(plan),
      ...plan.posts
        .slice(0, full ? undefined : MOST_SHOWN)
        .map((post) => postText(turn, post, plan.at, zone)),
      ...(full || plan.posts.length <= MOST_SHOWN
        ? []
        : [`… and ${plan.posts.length - MOST_SHOWN} more (--full)`]),
      ...limitLines(plan, limits),
      ...(plan.skipped.length > 0 ? ['', 'Not posted'] : []),
      ...plan.skipped.map(
        ({ rule, video, why }) =>
          `  ${harmless(shorten(video.caption || video.remoteId, 40))}: ${why} (${rule})`,
      ),
      ...warningLines(plan, quiet),
    ].join('\n'),
  );
}

const MOST_SHOWN = 30;

function headline({ posts, at }: Plan): string {
  const out = posts.filter(({ stopped }) => stopped === undefined);
  const lastAt = Math.max(at, ...out.flatMap(({ expectedAt }) => (expectedAt === null ? [] : [expectedAt])));
  const dollars = out.reduce((sum, { millicents }) => sum + millicents, 0) / 100_000;
  if (posts.length === 0) return 'Nothing waits to be posted.';
  return [
    counted(out.length, 'post'),
    ...(lastAt > at ? [`the last ${relativeText(lastAt, at)}`] : []),
    ...(dollars > 0 ? [`$${dollars.toFixed(3)} at X`] : []),
  ].join(', ');
}

/** One post: when (local and UTC), where, what it waits for, its text with its count, its file. */
function postText({ paint }: Turn, post: PlannedPost, now: number, zone: string): string {
  const { account, rule, text, media, stopped, reason, heldBy, millicents } = post;
  const timeZone = (rule && ownZoneAt(rule, account.id)) ?? zone;
  const at = Math.max(now, post.expectedAt ?? post.runAt);
  const local = `${sayWallTime(timeZone, at)} ${timeZone}`;
  const utc = `${sayWallTime('UTC', at)} UTC`;
  const when = local === utc ? utc : `${local} (${utc})`;
  const held = heldBy ? `, held by: ${heldBy}` : '';
  const lines = [
    `${paint('bold', account.account)}  ${when}  ${post.origin === 'waiting' ? `job ${post.jobId}, ` : ''}${reason}${held}${rule ? `, by “${rule.name}”` : ''}`,
    ...(stopped ? [`  ${paint('red', `will not go out: ${stopped}`)}`] : []),
    ...(text?.title === undefined ? [] : [`  title  ${harmless(text.title)}`]),
    ...(text
      ? [`  text   ${harmless(text.body)}  [${text.count.used} of ${text.count.max} ${text.count.unit}]`]
      : []),
    ...(text && text.notes.length > 0 ? [`         ${text.notes.join(', ')}`] : []),
    `  file   ${mediaText(media)}${millicents > 0 ? `   price  $${(millicents / 100_000).toFixed(3)}` : ''}`,
  ];
  return lines.join('\n');
}

function mediaText({ by, verdict, problems }: PlannedPost['media']): string {
  const seen = by === 'file' ? '' : ' (by what the source tells; the file was not seen yet)';
  return `${verdict}${problems.length > 0 ? `: ${problems.join('; ')}` : ''}${seen}`;
}

/** The limits that these posts spend from, where one is set. */
function limitLines({ posts }: Plan, limits: Awaited<ReturnType<typeof limitStates>>): string[] {
  const spent = new Set(
    posts.flatMap(({ account, text }) => {
      const platform = registry.platform(account.platform);
      return platform
        ? Object.keys(costsOfPost(platform, text)).map((bucket) => `${platform.id} ${bucket}`)
        : [];
    }),
  );
  const shown = limits.filter(
    ({ platform, bucket, max }) => max < Number.MAX_SAFE_INTEGER && spent.has(`${platform} ${bucket}`),
  );
  if (shown.length === 0) return [];
  const lines = shown.map(({ account, platform, title, unit, left, max }) => {
    const say = (amount: number) =>
      unit === 'millicents' ? `$${(amount / 100_000).toFixed(2)}` : String(amount);
    return `  ${account ?? platform}: ${title}: ${say(left)} of ${say(max)} left`;
  });
  return ['', 'Limits now', ...lines];
}

function warningLines({ posts }: Plan, quiet: ReadonlySet<string>): string[] {
  const keys = [...new Set(posts.flatMap(({ warnings }) => warnings))].filter((key) => !quiet.has(key));
  if (keys.length === 0) return [];
  return [
    '',
    ...keys.map((key) => `warning (${key}): ${warningTexts[key]}`),
    'Silence one: repost warnings silence KEY',
  ];
}
