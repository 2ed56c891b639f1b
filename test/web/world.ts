import type { NewJob, Store } from '../../src/store/types.ts';
import { exampleAttempt, exampleItem, exampleJob, examplePost, exampleRule, T0 } from '../store/examples.ts';

/** Everything that one user owns, each thing with the user's name in it. */
export interface Owned {
  user: string;
  account: number;
  tiktok: number;
  source: number;
  rule: string;
  video: number;
  jobs: { approval: number; published: number; dead: number; unknown: number; ready: number };
}

/** A user with accounts, a source, a rule, a video for each state of a job. `n` keeps remote ids apart. */
export async function settleUser(store: Store, user: string, n: number): Promise<Owned> {
  await store.users.save({ name: user, role: 'operator', limits: { requestsPerMinute: 1_000_000 } }, T0);
  const person = { user, scopes: ['upload'], settings: {} };
  const account = await store.accounts.save(
    { ...person, platform: 'youtube', handle: `@${user}`, name: `secret-of-${user}`, remoteId: `UC-${user}` },
    T0,
  );
  const tiktok = await store.accounts.save(
    { ...person, platform: 'tiktok', handle: `@${user}`, name: `secret-of-${user}`, remoteId: `tt-${user}` },
    T0,
  );
  const source = await store.sources.add(
    { kind: 'tiktok', accountId: tiktok.id, locator: null, name: `tiktok:@${user}`, user },
    T0,
  );
  const rule = await store.rules.add({ ...exampleRule(source.id, [account.id], `rule-${user}`), user }, T0);
  let made = 0;
  const addJob = async (change: Partial<NewJob> = {}) => {
    made += 1;
    const item = exampleItem(`${n}${String(made).padStart(18, '0')}`, {
      caption: `<script>alert("secret-of-${user}")</script> #${user}`,
    });
    const jobs = [exampleJob(account.id, rule.id, { user, ...change })];
    const { jobIds, videos } = await store.videos.take(source.id, [{ item, jobs, skipped: [] }], T0);
    return { job: jobIds[0] ?? 0, video: videos[0]?.id ?? 0 };
  };
  const [published, dead, unknown] = [await addJob(), await addJob(), await addJob()];
  const ended = { reason: null, runAt: T0, attempt: 1, giveUpAt: null };
  const error = (code: 'E_REFUSED' | 'E_UNKNOWN_OUTCOME') =>
    ({ code, class: 'permanent', message: `secret-of-${user}`, hint: '', command: undefined }) as never;
  // One after the other: a lane runs one job at a time.
  const claim = () => store.jobs.claim(account.id, T0 + 1000);
  await claim();
  await store.jobs.publish(published.job, examplePost(`post-${user}`), exampleAttempt('published'), T0);
  await store.numbers.enrol([account.id], { since: 0, until: T0 + 60_000 }, 0);
  const told = { views: 100 + n, likes: n };
  await store.numbers.keep([{ jobId: published.job, told, nextAt: null }], T0 + 1000);
  await claim();
  await store.jobs.settle(
    dead.job,
    { ...ended, state: 'dead', error: error('E_REFUSED') },
    exampleAttempt('dead'),
    T0,
  );
  await claim();
  await store.jobs.settle(
    unknown.job,
    { ...ended, state: 'unknown', error: error('E_UNKNOWN_OUTCOME') },
    exampleAttempt('unknown'),
    T0,
  );
  const approval = await addJob({ reason: 'approval' });
  const ready = await addJob({ runAt: T0 + 1e12 });
  return {
    user,
    account: account.id,
    tiktok: tiktok.id,
    source: source.id,
    rule: rule.name,
    video: ready.video,
    jobs: {
      approval: approval.job,
      published: published.job,
      dead: dead.job,
      unknown: unknown.job,
      ready: ready.job,
    },
  };
}

/** All of a user's things as they are stored: to see that nobody else changed them. */
export async function snapshotOf(store: Store, { user, source }: Owned): Promise<string> {
  const owned = <T extends { user: string }>(rows: T[]) => rows.filter((row) => row.user === user);
  return JSON.stringify([
    owned(await store.accounts.list()),
    owned(await store.sources.list()),
    owned(await store.rules.list()),
    await store.videos.list({ sourceId: source, limit: 1000 }),
    await store.jobs.list({ user, limit: 1000 }),
  ]);
}
