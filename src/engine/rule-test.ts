import { decide } from '../core/decision.ts';
import { LaneBook } from '../core/lane-book.ts';
import type { Rule } from '../core/rule.ts';
import type { Plan } from './plan.ts';
import { type Draft, type PlanDeps, pricePosts } from './plan-posts.ts';

/**
 * What a rule would have done with a source's last videos, had it been there, had it seen each when it was
 * published, and had nothing else gone out. Writes and sends nothing.
 */
export async function testRule(deps: PlanDeps, rule: Rule, last: number): Promise<Plan> {
  const { store, settings, now } = deps;
  const videos = await store.videos.list({ sourceId: rule.sourceId, limit: last });
  const lanes = new LaneBook();
  const drafts: Draft[] = [];
  const plan: Plan = { at: now, posts: [], skipped: [], ended: [], catchUps: [], troubles: [] };
  for (const video of videos.reverse()) {
    const { taken } = decide({
      now: video.publishedAt,
      rules: [{ ...rule, startsAt: 0 }],
      fresh: [video],
      baselineAt: 0,
      lastGoodPollAt: null,
      pollIntervalMs: settings.pollIntervalMs,
      maxAttempts: settings.retry.attempts,
      lanes,
    });
    for (const { jobs, skipped } of taken) {
      for (const { rule: name, why } of skipped) plan.skipped.unshift({ rule: name, video, why });
      for (const job of jobs) {
        const account = await store.accounts.get(job.accountId);
        if (account) drafts.push({ origin: 'test', rule, video, account, job });
      }
    }
  }
  plan.posts = await pricePosts(deps, drafts);
  return plan;
}
