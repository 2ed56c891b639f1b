import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { errorOf } from '../../src/core/job.ts';
import { exampleAttempt, examplePost, exampleVerdict, openLane } from '../store/examples.ts';
import { type AlertWorld, openAlertWorld } from './alert-world.ts';

/** Something goes wrong at one hour of the day and is mended at another. */
interface Trouble {
  title: RegExp;
  from: number;
  to: number;
  /** The longest a person may have to wait for word of it (ms). */
  within: number;
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

async function openDay(world: AlertWorld) {
  const { store, clock } = world;
  const lane = await openLane(store, '@creator');
  const other = await openLane(store, '@second');
  const now = () => clock.now();
  const settle = async (id: number, state: 'dead' | 'unknown', failure: Failure) =>
    store.jobs.settle(
      id,
      exampleVerdict(state, { runAt: now(), error: errorOf(failure) }),
      exampleAttempt(state),
      now(),
    );
  const running = async (account = lane.account.id) => {
    const job = await store.jobs.claim(account, now());
    if (!job) throw new Error('no job was due');
    return job.id;
  };
  const silent = { on: false };
  /** Polls go on all day, well or badly. */
  async function poll(): Promise<void> {
    const error = silent.on
      ? errorOf(new Failure('E_PLATFORM_DOWN', { message: 'TikTok answered 503.' }))
      : null;
    if (now() % (2 * MINUTE) < MINUTE)
      await store.sources.polled(lane.source.id, now(), now() + 2 * MINUTE, error);
  }
  return { lane, other, settle, running, silent, poll, now };
}

const quotaOver = (until: number) =>
  errorOf(new Failure('E_QUOTA', { message: 'YouTube’s quota is used up.', notBefore: until }));

describe('a bad day', () => {
  it('tells every problem once within its time, none twice, and the end of each', async () => {
    const world = await openAlertWorld();
    const { store, disk } = world;
    await world.addChannel();
    const day = await openDay(world);
    const { lane, other, now, silent } = day;
    const start = now();
    let dead = 0;
    let unknown = 0;
    let held = 0;
    const troubles: Trouble[] = [
      {
        title: /^youtube:@creator must sign in again/u,
        from: 1,
        to: 4,
        within: 2 * MINUTE,
        begin: () => store.accounts.update(lane.account.id, { status: 'login-needed' }, now()),
        end: () => store.accounts.update(lane.account.id, { status: 'ok' }, now()),
      },
      {
        title: /^A limit of youtube:@second is used up/u,
        from: 2,
        to: 9,
        within: 6 * MINUTE,
        async begin() {
          await other.addJob({ runAt: now() });
          held = await day.running(other.account.id);
          const error = quotaOver(now() + 7 * HOUR);
          const verdict = exampleVerdict('waiting', { reason: 'quota', runAt: now() + 7 * HOUR, error });
          await store.jobs.settle(held, verdict, exampleAttempt('quota'), now());
        },
        async end() {
          expect(await day.running(other.account.id)).toBe(held);
          await store.jobs.publish(held, examplePost('q1'), exampleAttempt('published'), now());
        },
      },
      {
        title: /can’t be read: new videos are not seen/u,
        from: 5,
        to: 7,
        within: 13 * MINUTE,
        begin: async () => {
          silent.on = true;
        },
        end: async () => {
          silent.on = false;
        },
      },
      {
        title: /^The disk is full/u,
        from: 8,
        to: 8.5,
        within: 2 * MINUTE,
        begin: async () => {
          disk.freeBytes = 1e6;
        },
        end: async () => {
          disk.freeBytes = 50e9;
        },
      },
      {
        title: /could not be posted to youtube:@creator/u,
        from: 10,
        to: 14,
        within: 6 * MINUTE,
        async begin() {
          await lane.addJob({ runAt: now() });
          dead = await day.running();
          await day.settle(
            dead,
            'dead',
            new Failure('E_TEXT_REFUSED', { message: 'YouTube: invalidTitle.' }),
          );
        },
        end: () => store.jobs.cancel(dead, null, now()),
      },
      {
        title: /^Nobody can say whether/u,
        from: 10.01,
        to: 12,
        within: 6 * MINUTE,
        async begin() {
          await lane.addJob({ runAt: now() });
          unknown = await day.running();
          await day.settle(
            unknown,
            'unknown',
            new Failure('E_UNKNOWN_OUTCOME', { message: 'No answer came.' }),
          );
        },
        end: () => store.jobs.resolve(unknown, { published: { ...examplePost('u1') } }, now()),
      },
    ];

    const begun = new Set<Trouble>();
    const ended = new Set<Trouble>();
    await world.live(
      DAY,
      async () => {
        await day.poll();
        for (const trouble of troubles) {
          const at = (now() - start) / HOUR;
          if (at >= trouble.from && !begun.has(trouble)) {
            begun.add(trouble);
            await trouble.begin();
          }
          if (at >= trouble.to && !ended.has(trouble)) {
            ended.add(trouble);
            await trouble.end();
          }
        }
      },
      MINUTE,
    );

    const items = world.told.flatMap(({ at, message }) => message.items.map((item) => ({ at, ...item })));
    for (const { title, from, to, within } of troubles) {
      const about = items.filter((item) => title.test(item.title));
      expect(
        about.map(({ state }) => state),
        String(title),
      ).toEqual(['open', 'resolved']);
      const [open, over] = about;
      expect((open?.at ?? 0) - start - from * HOUR, String(title)).toBeLessThanOrEqual(within);
      expect((open?.at ?? 0) - start, String(title)).toBeGreaterThanOrEqual(from * HOUR);
      const lag = (over?.at ?? 0) - start - to * HOUR;
      expect(lag, String(title)).toBeLessThanOrEqual(10 * MINUTE);
      expect(lag, String(title)).toBeGreaterThan(0);
      expect(open?.todo, String(title)).not.toBe('');
    }
    expect(items).toHaveLength(2 * troubles.length);
    expect(world.errors).toEqual([]);
  });
});
