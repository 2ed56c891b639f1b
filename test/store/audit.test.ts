import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { withActor } from '../../src/core/actor.ts';
import { TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { exampleAttempt, examplePost, exampleVerdict, openLane, T0, temporaryFolder } from './examples.ts';

const clock = new TestClock(T0);

async function open() {
  const path = `${temporaryFolder()}/repost.db`;
  const store = await openStore({ path, clock, actor: () => 'cli:anna' });
  const lane = await openLane(store);
  const publish = async (id: number) => {
    await store.jobs.claim(lane.account.id, T0);
    await store.jobs.publish(id, examplePost(`p${id}`), exampleAttempt('published'), T0);
  };
  return { path, store, lane, publish };
}

describe('the audit log', () => {
  it('says what was posted, by which rule, on whose word', async () => {
    const { store, lane, publish } = await open();
    const byRule = await lane.addJob();
    await publish(byRule);
    const approved = await lane.addJob({ reason: 'approval' });
    await withActor('token:bot', () => store.jobs.approve(approved, null, T0));
    await publish(approved);
    const [second, decision, first] = await store.audit.list({});
    expect(first).toMatchObject({
      action: 'published',
      actor: 'repost',
      word: 'rule to @creator of me',
      rule: 'to @creator',
      account: 'youtube:@creator',
      url: `https://youtu.be/p${byRule}`,
    });
    expect(decision).toMatchObject({ action: 'approved', actor: 'token:bot', word: null, post: null });
    expect(second).toMatchObject({ action: 'published', jobId: approved, word: 'approved by token:bot' });
    await store.close();
  });

  it('keeps decisions of people and of the engine apart, and a refused one leaves no line', async () => {
    const { store, lane } = await open();
    const id = await lane.addJob();
    await expect(store.jobs.approve(id, null, T0)).rejects.toThrow();
    await store.jobs.claim(lane.account.id, T0);
    await store.jobs.settle(id, exampleVerdict('dead'), exampleAttempt('dead'), T0);
    await store.jobs.retry(id, T0);
    const gone = { code: 'E_SOURCE_GONE', class: 'permanent', message: 'm', hint: 'h' } as const;
    await store.jobs.cancel(id, gone, T0);
    const lines = (await store.audit.list({ jobId: id })).map(({ action, actor }) => `${action} ${actor}`);
    expect(lines).toEqual(['cancelled repost', 'retried cli:anna']);
    await store.close();
  });

  it('is never changed', async () => {
    const { path, store, lane, publish } = await open();
    await publish(await lane.addJob());
    await store.close();
    const db = new Database(path);
    expect(() => db.exec("UPDATE audit SET actor = 'nobody'")).toThrow('never changed');
    expect(() => db.exec('DELETE FROM audit')).toThrow('removed');
    db.close();
  });
});
