import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { laneQueries } from '../../src/store/lanes.ts';
import { migrate } from '../../src/store/schema.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { openLane, T0, temporaryFolder } from './examples.ts';

const values = { accountId: 1, now: T0, except: '[]', host: null, instance: null, leaseUntil: null };

function planOf(sql: string): string[] {
  const db = new Database(':memory:');
  migrate(db);
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(values) as { detail: string }[];
  db.close();
  return rows.map((row) => row.detail);
}

/** A store with so many jobs behind one lane, and one due job on each of ten others. */
async function storeWithBacklog(jobs: number) {
  const path = join(temporaryFolder(), 'repost.db');
  const store = await openStore({ path, clock: new TestClock(T0) });
  const lanes = [];
  for (let n = 0; n < 10; n += 1) {
    const lane = await openLane(store, `@free${n}`);
    await lane.addJob({ runAt: T0 - 5 });
    lanes.push(lane);
  }
  const blocked = await openLane(store, '@blocked');
  const db = new Database(path);
  const many = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)';
  db.prepare(
    `${many} INSERT INTO videos (source_id, remote_id, url, caption, published_at, seen_at, kind, facts, state, skipped)
     SELECT ${blocked.source.id}, 'b' || i, '', '', ${T0}, ${T0}, 'video', '{}', 'public', '[]' FROM n`,
  ).run(jobs);
  db.exec(
    `INSERT INTO jobs (video_id, account_id, rule_id, user, state, reason, run_at, max_attempts, created_at, updated_at)
     SELECT id, ${blocked.account.id}, ${blocked.rule.id}, 'me', 'waiting', 'ready', ${T0} - 10, 5, ${T0}, ${T0}
     FROM videos WHERE remote_id LIKE 'b%'`,
  );
  db.close();
  return { store, lanes, blocked };
}

/** The shortest of some runs, in µs: what the work costs when nothing else disturbs it. */
async function shortest(work: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 200; n += 1) {
    const start = process.hrtime.bigint();
    await work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1000);
  }
  return best;
}

describe('the plans of the lanes’ queries', () => {
  it('reach a claim’s job by one search of an index', () => {
    expect(planOf(laneQueries.claim)).toEqual([
      'SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)',
      'SCALAR SUBQUERY 1',
      'SEARCH jobs USING INDEX jobs_lane (account_id=? AND due_at<?)',
      'SCALAR SUBQUERY 2',
      'SEARCH accounts USING INTEGER PRIMARY KEY (rowid=?)',
      'SCALAR SUBQUERY 3',
      'SEARCH other USING INDEX jobs_open (open_state=?)',
    ]);
  });

  it.each(['due', 'next'] as const)('search, and never walk, the jobs (%s)', (name) => {
    const plan = planOf(laneQueries[name]).filter((line) => /\bjobs\b/.test(line));
    expect(plan.length).toBeGreaterThanOrEqual(3);
    for (const line of plan)
      expect(line).toMatch(/^SEARCH jobs USING (COVERING )?INDEX (jobs_lane|jobs_open \(open_state=\?\))/);
  });
});

describe('a backlog of 100,000 jobs behind one lane', () => {
  it('costs the other lanes nothing', async () => {
    const small = await storeWithBacklog(1);
    const large = await storeWithBacklog(100_000);
    const cost = async ({ store, blocked, lanes }: typeof small) => {
      expect(await store.jobs.dueLanes(T0, [blocked.account.id])).toHaveLength(lanes.length);
      return {
        due: await shortest(() => store.jobs.dueLanes(T0, [blocked.account.id])),
        dueAll: await shortest(() => store.jobs.dueLanes(T0, [])),
        next: await shortest(() => store.jobs.nextRunAt(T0, [blocked.account.id])),
        counts: await shortest(() => store.jobs.counts()),
        oldest: await shortest(() => store.jobs.oldestWaiting()),
        list: await shortest(() => store.jobs.list({ limit: 20, states: ['waiting', 'dead'] })),
      };
    };
    const [few, many] = [await cost(small), await cost(large)];
    // Walking the backlog would be 1,000 times the cost.
    for (const name of ['due', 'dueAll', 'next', 'counts', 'oldest', 'list'] as const) {
      expect(many[name] / few[name], name).toBeLessThan(5);
    }
    expect(await large.store.jobs.counts()).toMatchObject({ waiting: 100_010 });
    for (const { account } of large.lanes) expect(await large.store.jobs.claim(account.id, T0)).toBeDefined();
    expect(await large.store.jobs.dueLanes(T0, [])).toEqual([large.blocked.account.id]);
    await small.store.close();
    await large.store.close();
  });
});
