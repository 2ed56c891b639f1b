import type { Account } from '../core/account.ts';
import type { PlannedJob } from '../core/decision.ts';
import { asFailure } from '../core/failure.ts';
import { foresee, type MediaVerdict } from '../core/foresee.ts';
import type { Platform } from '../core/platform.ts';
import { matchContent, type Rule, specOf } from '../core/rule.ts';
import type { FittedText } from '../core/text.ts';
import { type WarningKey, warningsOfPost } from '../core/warnings.ts';
import type { JobView, Store, VideoRow } from '../store/types.ts';
import { composeText } from './compose.ts';
import type { EngineSettings, Registry } from './deps.ts';
import { moneyOfPost } from './forecast.ts';
import { playTurns, type Waiting } from './turns.ts';

export interface PlanDeps {
  store: Store;
  registry: Pick<Registry, 'platform'>;
  settings: Pick<EngineSettings, 'retry' | 'pollIntervalMs'>;
  now: number;
}

/** One post that is to come. */
export interface PlannedPost {
  /** `waiting`: its job is there; `new`: the next poll makes it; `backfill`: the rule's backfill makes it; `test`: a rehearsal. */
  origin: 'waiting' | 'new' | 'backfill' | 'test';
  rule: Rule | undefined;
  video: VideoRow;
  account: Account;
  jobId: number | undefined;
  reason: string;
  runAt: number;
  /** When its turn comes, with what is before it in the limits; null: a person must act first, or never. */
  expectedAt: number | null;
  /** The limit that it waits for, in words. */
  heldBy: string | undefined;
  text: FittedText | undefined;
  /** Why it will not go out after all. */
  stopped: string | undefined;
  media: MediaVerdict;
  /** Price in millicents (1/100,000 of a US dollar). */
  millicents: number;
  warnings: readonly WarningKey[];
}

/** One post, before anything about it was looked up. */
export interface Draft {
  origin: PlannedPost['origin'];
  rule: Rule | undefined;
  video: VideoRow;
  account: Account;
  /** Where it was composed already. */
  text?: FittedText;
  job: Pick<PlannedJob, 'runAt'> & { reason: string; id?: number; text?: JobView['text'] };
}

/** Text, file, price and turn of each, in the order in which they go out. */
export async function pricePosts(deps: PlanDeps, drafts: readonly Draft[]): Promise<PlannedPost[]> {
  const { store, registry, now } = deps;
  const posts: { draft: Draft; post: PlannedPost; waiting: Waiting }[] = [];
  for (const draft of drafts) {
    const { rule, account } = draft;
    const platform = registry.platform(account.platform);
    if (!platform) continue;
    const post = await postOf(deps, draft, platform);
    posts.push({
      draft,
      post,
      waiting: { lane: { account, platform }, rule, text: post.text, runAt: post.runAt },
    });
  }
  const inTurn = posts.filter(({ post }) => post.stopped === undefined && !waitsForPerson(post.reason));
  const rooms = await playTurns(
    store,
    inTurn.map(({ waiting }) => waiting),
    now,
  );
  return posts
    .map(({ post, waiting }) => {
      const room = rooms.get(waiting);
      return { ...post, expectedAt: room?.at ?? null, heldBy: room?.by };
    })
    .sort((a, b) => (a.expectedAt ?? a.runAt) - (b.expectedAt ?? b.runAt));
}

const waitsForPerson = (reason: string) => ['approval', 'paused', 'login'].includes(reason);

async function postOf({ store }: PlanDeps, draft: Draft, platform: Platform): Promise<PlannedPost> {
  const { origin, rule, video, account, job } = draft;
  const text = draft.text ?? textOf(draft, platform);
  const sha256 = video.id < 0 ? undefined : await store.videos.media(video.id);
  const file = sha256 === undefined ? undefined : await store.media.get(sha256);
  const spec = rule ? rule.spec : {};
  const media = foresee(video, file, platform.mediaFor?.(account) ?? platform.media, { spec });
  const fitted = typeof text === 'string' ? undefined : text;
  const plain = platform.costsOfPost && moneyOfPost(platform, undefined);
  const millicents = moneyOfPost(platform, fitted);
  return {
    origin,
    rule,
    video,
    account,
    jobId: job.id,
    reason: job.reason,
    runAt: job.runAt,
    expectedAt: null,
    heldBy: undefined,
    text: fitted,
    stopped: stoppedBy(draft, text, media),
    media,
    millicents,
    warnings: warningsOfPost({
      platform: platform.id,
      durationSeconds: video.durationSeconds,
      media,
      tooLong: specOf({ spec }).tooLong,
      linked: plain !== undefined && plain > 0 && millicents > plain,
    }),
  };
}

/** The text as the engine will compose it; a string says why it can't. */
function textOf({ rule, video, account, job }: Draft, platform: Platform): FittedText | string {
  try {
    return composeText(platform, account, video, rule, { text: job.text ?? null });
  } catch (error) {
    return asFailure(error).message;
  }
}

/** Why a post will not go out, as far as can be told now. */
function stoppedBy(
  { rule, video }: Draft,
  text: FittedText | string,
  media: MediaVerdict,
): string | undefined {
  if (typeof text === 'string') return text;
  const match = matchContent({ spec: rule && !rule.approve ? rule.spec : {} }, video);
  if (!match.wanted) return match.why;
  return media.verdict === 'is refused' ? media.problems.join('; ') : undefined;
}
