import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { errorOf } from '../../src/core/job.ts';
import { END_CAUSE } from '../../src/core/sign-in-end.ts';
import { exampleAttempt, exampleVerdict, openLane } from '../store/examples.ts';
import { type AlertWorld, openAlertWorld } from './alert-world.ts';

async function die(world: AlertWorld, count = 1, code: 'E_REFUSED' | 'E_ATTEMPTS' = 'E_REFUSED') {
  const { store, clock } = world;
  const lane = await openLane(store, `@dead${clock.now()}`);
  const ids: number[] = [];
  for (let n = 0; n < count; n += 1) {
    ids.push(await lane.addJob({ runAt: clock.now() }));
    const job = await store.jobs.claim(lane.account.id, clock.now());
    const error = errorOf(new Failure(code, { message: 'The platform said no.' }));
    const verdict = exampleVerdict('dead', { error, runAt: clock.now() });
    await store.jobs.settle(job?.id ?? 0, verdict, exampleAttempt('dead'), clock.now());
  }
  return { lane, ids };
}

const needLogin = async ({ store, clock }: AlertWorld, accountId: number, needed: boolean) =>
  store.accounts.update(accountId, { status: needed ? 'login-needed' : 'ok' }, clock.now());

describe('one message', () => {
  it('tells a person all they need: job, user, rule, destination, error, what to do, the command', async () => {
    const world = await openAlertWorld();
    await world.addChannel();
    const { ids, lane } = await die(world);
    await world.live(2 * MINUTE);
    const [told] = world.told;
    expect(told?.message).toMatchObject({ kind: 'alert', severity: 'warning', more: 0 });
    const [item] = told?.message.items ?? [];
    expect(Object.fromEntries(item?.facts ?? [])).toMatchObject({
      job: String(ids[0]),
      user: 'me',
      rule: lane.rule.name,
      destination: lane.account.account,
      error: 'E_REFUSED',
      'it says': 'The platform said no.',
    });
    expect(item).toMatchObject({ state: 'open', command: `repost jobs show ${ids[0]}` });
    expect(item?.todo).toContain('correct it and retry');
  });

  it('gathers what goes wrong together, the worst first, and counts what has no room', async () => {
    const world = await openAlertWorld();
    await world.addChannel();
    const { lane } = await die(world, 120);
    await needLogin(world, lane.account.id, true);
    await world.live(20 * MINUTE, undefined, MINUTE);
    expect(world.told).toHaveLength(1);
    const message = world.told[0]?.message;
    // The newest hundred one by one, the rest as one, and the sign-in.
    expect(message).toMatchObject({ title: '102 problems', severity: 'critical', more: 92 });
    expect(message?.items[0]?.rule).toBe('sign-in-needed');
    await world.store.jobs.cancel(1, null, world.clock.now());
    await world.live(20 * MINUTE, undefined, MINUTE);
    expect(world.told).toHaveLength(1);
  });
});

describe('nothing twice', () => {
  it('comes and goes as one problem, and a blip within the group as none', async () => {
    const world = await openAlertWorld();
    await world.addChannel();
    const lane = await openLane(world.store);
    await needLogin(world, lane.account.id, true);
    await world.alerts.look();
    await needLogin(world, lane.account.id, false);
    await world.live(10 * MINUTE);
    expect(world.items()).toEqual([]);
    for (let times = 0; times < 10; times += 1) {
      await needLogin(world, lane.account.id, true);
      await world.live(MINUTE);
      await needLogin(world, lane.account.id, false);
      await world.live(MINUTE);
    }
    await world.live(10 * MINUTE);
    expect(world.items().map((item) => item.split(' ')[0])).toEqual(['open', 'resolved']);
  });

  it('survives any number of restarts', async () => {
    const world = await openAlertWorld();
    await world.addChannel();
    const lane = await openLane(world.store);
    await needLogin(world, lane.account.id, true);
    for (let times = 0; times < 20; times += 1) {
      await world.live(MINUTE);
      world.restart();
    }
    expect(world.told).toHaveLength(1);
  });

  it('is repeated where it is critical and the channel wants it, and says so', async () => {
    const world = await openAlertWorld();
    await world.addChannel({ repeatMs: 4 * HOUR });
    const lane = await openLane(world.store);
    await needLogin(world, lane.account.id, true);
    await die(world);
    await world.live(13 * HOUR, undefined, 2 * MINUTE);
    const states = world.items().map((item) => item.split(' ')[0]);
    expect(states.filter((state) => state === 'still')).toHaveLength(3);
    expect(states.filter((state) => state === 'open')).toHaveLength(2);
  });
});

describe('nothing lost', () => {
  it('waits for a service that is down, in order, and tells its end as well', async () => {
    const world = await openAlertWorld();
    await world.addChannel({ only: ['sign-in-needed'] });
    const lane = await openLane(world.store);
    world.failWith.failure = new Failure('E_PLATFORM_DOWN', { message: 'Slack answered 503.' });
    await needLogin(world, lane.account.id, true);
    await world.live(3 * HOUR, undefined, MINUTE);
    await needLogin(world, lane.account.id, false);
    await world.live(HOUR, undefined, MINUTE);
    expect(world.told).toEqual([]);
    const deliveries = await world.store.alerts.deliveries({ channel: 'slack', limit: 100 });
    expect(deliveries.every(({ outcome }) => outcome === 'retried')).toBe(true);
    expect(deliveries.length).toBeGreaterThan(5);
    expect(deliveries.length).toBeLessThan(15);
    world.failWith.failure = undefined;
    await world.live(2 * HOUR, undefined, MINUTE);
    const told = world.items('slack').map((item) => item.split(' ')[0]);
    expect(told).toEqual(['open', 'resolved']);
    expect(new Set(deliveries.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('keeps to the time that a service asks for', async () => {
    const world = await openAlertWorld();
    await world.addChannel();
    const lane = await openLane(world.store);
    const freeAt = world.clock.now() + 40 * MINUTE;
    world.failWith.failure = new Failure('E_RATE_LIMIT', { message: 'Slow down.', notBefore: freeAt });
    await needLogin(world, lane.account.id, true);
    await world.live(2 * MINUTE);
    world.failWith.failure = undefined;
    await world.live(HOUR);
    expect(world.told).toHaveLength(1);
    expect(world.told[0]?.at).toBeGreaterThanOrEqual(freeAt);
    expect(world.told[0]?.at).toBeLessThan(freeAt + MINUTE);
  });

  it('sends again what was on its way when the process died', async () => {
    const world = await openAlertWorld();
    await world.addChannel();
    const lane = await openLane(world.store);
    await needLogin(world, lane.account.id, true);
    world.failWith.failure = new Failure('E_NETWORK', { message: 'No way out.' });
    await world.live(MINUTE);
    const [head] = await world.store.alerts.outbox();
    await world.store.alerts.take(head?.id ?? '', world.clock.now());
    world.failWith.failure = undefined;
    world.restart();
    await world.live(MINUTE);
    expect(world.told.map(({ message }) => message.id)).toEqual([head?.id]);
  });

  it('says on the other channels that one refuses', async () => {
    const world = await openAlertWorld();
    await world.addChannel({}, 'good');
    const bad = await world.addChannel({}, 'bad');
    const { store, clock } = world;
    const { composeTest } = await import('../../src/engine/alert-compose.ts');
    await store.alerts.queue(composeTest('stuck', 'bad', clock.now()), bad.id, [], clock.now());
    const delivery = {
      channel: 'bad',
      kind: 'slack',
      messageId: 'stuck',
      title: '',
      attempt: 1,
      outcome: 'retried',
      error: null,
      at: clock.now(),
      tookMs: 1,
    } as const;
    for (let tries = 0; tries < 3; tries += 1) {
      await store.alerts.take('stuck', clock.now());
      await store.alerts.settle('stuck', delivery, clock.now() + DAY);
    }
    await world.live(2 * MINUTE);
    expect(world.items('good')).toEqual(['open The alert channel “bad” can’t be reached.']);
    expect(world.items('bad')).toEqual([]);
  });
});

describe('whoever sleeps', () => {
  it('hears what is critical, the rest in the morning of their zone', async () => {
    const world = await openAlertWorld();
    // Noon UTC is 13:00 in Rome.
    await world.addChannel({ quiet: '22:00-08:00' });
    await world.live(12 * HOUR, undefined, 10 * MINUTE);
    const { lane } = await die(world);
    await world.live(HOUR);
    expect(world.items()).toEqual([]);
    await needLogin(world, lane.account.id, true);
    await world.live(HOUR);
    expect(world.items()).toEqual([expect.stringMatching(/^open .* must sign in again/u)]);
    await world.live(6 * HOUR, undefined, MINUTE);
    expect(world.told).toHaveLength(2);
    const at = new Date(world.told[1]?.at ?? 0).toISOString();
    expect(at.slice(11, 15)).toBe('07:0');
  });

  it('gets a digest at their hour, each day, summer time or not', async () => {
    const world = await openAlertWorld();
    const { nextTime } = await import('../../src/core/alert-hours.ts');
    const at = nextTime(9 * 60, 'Europe/Rome', world.clock.now());
    const channel = await world.addChannel({ digest: '09:00' });
    await world.store.alerts.setDigestAt(channel.id, at);
    await die(world);
    await world.live(2 * DAY + HOUR, undefined, 4 * MINUTE);
    const digests = world.told.filter(({ message }) => message.kind === 'digest');
    expect(digests.map((one) => new Date(one.at).toISOString().slice(0, 15))).toEqual([
      '2026-11-23T08:0',
      '2026-11-24T08:0',
    ]);
    expect(digests[0]?.message.title).toBe('0 posted in a day, 0 waiting, 1 open problem(s)');
  });
});

describe('the weekly summary', () => {
  it('comes at its day and hour, once a week, over restarts, with the week before beside it', async () => {
    const world = await openAlertWorld();
    const { nextTimeOfWeek, parseTimeOfWeek } = await import('../../src/core/alert-hours.ts');
    const { store, clock } = world;
    const at = nextTimeOfWeek(parseTimeOfWeek('Monday 09:00'), 'Europe/Rome', clock.now());
    const channel = await world.addChannel({ weekly: 'mon 09:00', severity: 'critical' });
    await store.alerts.setWeeklyAt(channel.id, at);
    const { account, addJob } = await openLane(store);
    const publish = async (id: string) => {
      const job = await addJob({ runAt: clock.now() });
      await store.jobs.claim(account.id, clock.now());
      const post = { id, url: null, publishedAt: clock.now(), lagMs: 41_000, warnings: [] };
      await store.jobs.publish(job, post, exampleAttempt('published'), clock.now());
    };
    await publish('one');
    await die(world);
    await world.live(3 * DAY, undefined, HOUR);
    await publish('two');
    await publish('three');
    world.restart();
    await world.live(6 * DAY, undefined, HOUR);
    const weeks = world.told.filter(({ message }) => message.kind === 'week');
    expect(weeks.map(({ at: then }) => new Date(then).toISOString().slice(0, 13))).toEqual([
      '2026-11-23T08',
      '2026-11-30T08',
    ]);
    expect(weeks.map(({ message }) => message.title)).toEqual([
      'The week: 1 posted, 0 the week before',
      'The week: 2 posted, 1 the week before',
    ]);
    expect(weeks[0]?.message.lines).toEqual([
      '50 % of what was due went out; 1 dead letter(s), 0 unknown.',
      'Half were out within 41 s of the original, 95 % within 41 s.',
      'youtube: 1 posted, within 41 s (median), 1 dead',
    ]);
  });

  it('is of one user where its channel is', async () => {
    const { composeWeek } = await import('../../src/engine/alert-week.ts');
    const { store, clock } = await openAlertWorld();
    await openLane(store);
    const message = await composeWeek(store, 'm', 'nobody', clock.now());
    expect(message).toMatchObject({
      title: 'The week: 0 posted, 0 the week before',
      lines: ['Nothing came up.'],
    });
  });
});

describe('the end of a sign-in', () => {
  it('is told 14, 7, 3 and 1 days before and once it came, each once, then that it is over', async () => {
    const world = await openAlertWorld();
    await world.addChannel();
    const { account } = await openLane(world.store);
    const { store, clock } = world;
    const start = clock.now();
    await store.accounts.update(account.id, { breaksAt: start + 20 * DAY }, start);
    for (let day = 0; day < 20; day += 1) {
      await world.live(2 * MINUTE);
      clock.advance(DAY - 2 * MINUTE);
    }
    await needLogin(world, account.id, true);
    await world.live(5 * MINUTE);
    expect(world.told.map(({ at }) => Math.round((at - start) / DAY))).toEqual([6, 13, 17, 19, 20]);
    expect(world.told.map(({ message }) => message.severity)).toEqual([
      'warning',
      'warning',
      'warning',
      'critical',
      'critical',
    ]);
    await store.accounts.update(account.id, { status: 'ok', breaksAt: clock.now() + 90 * DAY }, clock.now());
    await world.live(10 * MINUTE);
    expect(world.items().at(-1)).toBe(`resolved ${account.account} must sign in again.`);
    expect(world.told).toHaveLength(6);
  });

  it('names the seven days of a Google project in Testing', async () => {
    const world = await openAlertWorld();
    await world.addChannel();
    const { account } = await openLane(world.store);
    const now = world.clock.now();
    const change = { breaksAt: now + 7 * DAY, settings: { [END_CAUSE]: 'google-testing' } };
    await world.store.accounts.update(account.id, change, now);
    await world.live(MINUTE);
    await needLogin(world, account.id, true);
    await world.live(6 * MINUTE);
    expect(world.told).toHaveLength(2);
    for (const { message } of world.told)
      expect(message.items[0]?.todo).toMatch(/status Testing.*seven days.*Publish the app once at https/u);
  });
});

describe('a channel', () => {
  it('hears only what it asked for', async () => {
    const world = await openAlertWorld();
    await world.addChannel({ severity: 'critical' }, 'critical');
    await world.addChannel({ only: ['dead-letter'] }, 'dead');
    await world.addChannel({ except: ['dead-letter'] }, 'rest');
    await world.addChannel({ user: 'client' }, 'client');
    const { lane } = await die(world);
    await needLogin(world, lane.account.id, true);
    await world.live(10 * MINUTE);
    const rulesOf = (name: string) =>
      world.told
        .filter(({ channel }) => channel === name)
        .flatMap(({ message }) => message.items.map(({ rule }) => rule));
    expect(rulesOf('critical')).toEqual(['sign-in-needed']);
    expect(rulesOf('dead')).toEqual(['dead-letter']);
    expect(rulesOf('rest')).toEqual(['sign-in-needed']);
    expect(rulesOf('client')).toEqual([]);
  });

  it('of the kind heartbeat hears of good cycles, and of nothing else', async () => {
    const world = await openAlertWorld();
    await world.addChannel({}, 'pulse', 'heartbeat');
    const { lane } = await die(world);
    const [source] = await world.store.sources.list();
    const poll = { kind: 'poll', source: source ?? lane.source, found: 0, fresh: 0 } as const;
    const failed = { kind: 'poll-failed', source: lane.source, message: 'no' } as const;
    const cycle = async (...events: Parameters<AlertWorld['alerts']['tell']>[0][]) => {
      for (const event of events) world.alerts.tell(event);
      await world.alerts.cycled();
      await world.live(2 * MINUTE);
      return world.told.length;
    };
    expect(await cycle(poll)).toBe(1);
    expect(await cycle(poll, failed)).toBe(1);
    expect(await cycle()).toBe(1);
    expect(await cycle(poll)).toBe(2);
    world.failWith.failure = new Failure('E_NETWORK', { message: 'No way out.' });
    await cycle(poll);
    await cycle(poll);
    const log = await world.store.alerts.deliveries({ limit: 10 });
    expect(log.map(({ outcome }) => outcome)).toEqual(['failed']);
    expect(world.told.every(({ message }) => message.items.length === 0)).toBe(true);
  });

  it('that is added later is told what is open', async () => {
    const world = await openAlertWorld();
    await world.addChannel({}, 'first');
    await die(world);
    await world.live(HOUR);
    await world.addChannel({}, 'later');
    await world.live(2 * MINUTE);
    expect(world.items('first')).toEqual(world.items('later'));
    expect(await world.store.alerts.removeChannel('later')).toBe(true);
    await world.live(2 * MINUTE + 15 * SECOND);
    expect(world.errors).toEqual([]);
  });
});

describe('a standstill', () => {
  it('is told after half an hour, but not while something uploads or everything is paused', async () => {
    const world = await openAlertWorld();
    await world.addChannel();
    const lane = await openLane(world.store);
    const id = await lane.addJob({ runAt: world.clock.now() });
    const job = await world.store.jobs.get(id);
    if (!job) throw new Error('the job is not there');
    const upload = async () =>
      world.alerts.tell({ kind: 'job-progress', job, phase: 'sending', done: 1, total: 2 });
    await world.live(HOUR, upload, 2 * MINUTE);
    world.paused = true;
    await world.live(HOUR, undefined, 2 * MINUTE);
    expect(world.items()).toEqual([]);
    world.paused = false;
    await world.live(5 * MINUTE);
    expect(world.items()).toEqual(['open Posts are due, and none has gone out for half an hour.']);
  });
});
