import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Running } from '../../src/cli/child.ts';
import { alertRules } from '../../src/cli/ops/rules.ts';
import { DAY, systemClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { queriesOf, substituted } from '../cli/dashboard-queries.ts';
import { exampleItem, exampleJob } from '../store/examples.ts';
import { describeWith } from '../tools.ts';
import { type CliHome, openCliHome } from './home.ts';
import {
  freePort,
  type Monitoring,
  openMonitoring,
  openSinks,
  type Sink,
  type Sinks,
  until,
} from './monitoring.ts';

/** An hour of the rules takes 3.6 seconds here. */
const SPEED = 1000;
const critical = alertRules().filter(({ severity }) => severity === 'critical');

describeWith(
  { prometheus: 'prometheus', 'prometheus-alertmanager': 'prometheus-alertmanager' },
  'a bad day, watched by Prometheus and Alertmanager',
  () => {
    let home: CliHome;
    let store: Store;
    let db: Database.Database;
    let sinks: Sinks;
    let monitoring: Monitoring;
    let daemon: Running;
    let listener: string;

    const startDaemon = async () => {
      daemon = home.repost.start(['daemon']);
      await until(
        'the daemon is ready',
        () =>
          fetch(`http://${listener}/readyz`).then(
            ({ ok }) => ok,
            () => false,
          ),
        Boolean,
      );
    };
    const repost = (...args: string[]) => home.repost.run(args);
    /** Every sink of this list has heard of every one of these alerts. */
    const heard = (names: readonly string[], status: string, list: readonly Sink[]) =>
      until(
        `${list.join(', ')} hear ${status}`,
        () =>
          list.flatMap((sink) =>
            names
              .filter((name) => !sinks.told[sink].has(`${name}: ${status}`))
              .map((name) => `${sink} ${name}`),
          ),
        (missing) => missing.length === 0,
        60_000,
      );
    const fires = (...names: string[]) => heard(names, 'firing', ['slack']);

    beforeAll(async () => {
      listener = `127.0.0.1:${await freePort()}`;
      home = await openCliHome({ env: { REPOST_HTTP: listener } });
      for (const [key, value] of [
        ['poll.interval', '1s'],
        ['retry.base', '20ms'],
        ['retry.cap', '50ms'],
        ['http.timeout', '4s'],
        ['daemon.concurrency', '1'],
      ] as const)
        await repost('config', 'set', key, value);
      await home.sandbox.control('youtube', 'quirks', { processingMs: 0 });
      await home.sandbox.control('x', 'quirks', { processingSeconds: 1, accessSeconds: 1_000_000 });
      for (const platform of ['tiktok', 'youtube', 'x']) await home.signIn(platform);
      await repost(
        ...['rule', 'add', '--name', 'all', '--from', 'tiktok:@creator'],
        ...['--to', 'youtube:@creator', '--to', 'x:@creator', '--media', `folder:${home.originals}`],
      );
      const path = join(home.dir, 'home', 'data', 'repost.db');
      store = await openStore({ path, clock: systemClock });
      db = new Database(path);
      await startDaemon();
      sinks = await openSinks();
      monitoring = await openMonitoring(join(home.dir, 'monitoring'), listener, sinks, SPEED);
    });
    afterAll(async () => {
      await monitoring?.close();
      await daemon?.stop();
      await sinks?.close();
      db?.close();
      await store?.close();
      await home?.close();
    });

    /** An account that nobody signed in to, with jobs that no lane takes: for what takes days by itself. */
    async function addStranger(jobs: number) {
      const now = Date.now();
      const account = await store.accounts.save(
        {
          platform: 'youtube',
          handle: '@other',
          name: 'Other',
          remoteId: 'UC-other',
          user: 'me',
          scopes: [],
          settings: {},
        },
        now,
      );
      await store.accounts.update(account.id, { paused: true }, now);
      const [rule] = await store.rules.list();
      const [source] = await store.sources.list();
      if (!rule || !source) throw new Error('the home has no rule');
      const taken = Array.from({ length: jobs }, (_, n) => ({
        item: exampleItem(`7000000000000000${String(n).padStart(3, '0')}`, { publishedAt: now }),
        jobs: [exampleJob(account.id, rule.id, { runAt: now + DAY, reason: 'login' })],
        skipped: [],
      }));
      const { jobIds } = await store.videos.take(source.id, taken, now);
      return { account, source, jobIds };
    }

    const setState = (id: number | undefined, state: string) =>
      db
        .prepare('UPDATE jobs SET state = ?, reason = NULL, updated_at = ? WHERE id = ?')
        .run(state, Date.now(), id);

    it('shows on every panel, tells everybody, and tells them again when it is over', {
      retry: 0,
      timeout: 180_000,
    }, async () => {
      // A good morning.
      await until(
        'Prometheus sees the daemon',
        () => monitoring.query('repost_daemon_running == 1'),
        (found) => found.length > 0,
      );
      await home.publish('A good morning');
      await home.repost.waitFor<unknown[]>(['posts', '--json'], (posts) => posts.length === 2, 30_000);
      await until(
        'Prometheus sees both posts',
        () => monitoring.query('sum(repost_jobs_ended_total{state="published"})'),
        ([found]) => found?.value === 2,
      );
      expect((await monitoring.firing()).filter((name) => name !== 'RepostDown')).toEqual([]);

      // YouTube hangs, so that what is due waits; then X fails until its breaker opens.
      home.sandbox.faults.add({ platform: 'youtube', times: 1, action: 'hang' });
      home.sandbox.faults.add({ platform: 'x', action: { kind: 'status', status: 500 } });
      await home.publish('A bad noon');
      await fires('RepostJobOverdue', 'RepostBreakerOpen', 'RepostJobsFailed');
      // The source goes silent, a limit is used up, sign-ins end, outcomes are lost, this home may be a copy.
      home.sandbox.faults.add({ platform: 'tiktok', action: { kind: 'status', status: 500 } });
      await repost('limits', 'set', 'youtube:@creator', 'channel', '1');
      const { account, source, jobIds } = await addStranger(200);
      const now = Date.now();
      db.prepare('UPDATE jobs SET created_at = ? WHERE id = ?').run(now - DAY, jobIds[0]);
      setState(jobIds[1], 'unknown');
      const [x] = (await store.accounts.list()).filter(({ platform }) => platform === 'x');
      await store.accounts.update(account.id, { status: 'login-needed', breaksAt: now + 3 * DAY }, now);
      await store.accounts.update(x?.id ?? 0, { breaksAt: now + DAY / 2 }, now);
      await store.meta.set(
        'quarantine',
        JSON.stringify({ reason: 'this is a trial', since: now, lookFrom: now, released: [] }),
      );
      // Dead letters one after the other, until that is noticed: a burn is a matter of time.
      const dying = jobIds.slice(2);
      while (dying.length > 0 && !sinks.told.slack.has('RepostBudgetBurnsFast: firing')) {
        setState(dying.pop(), 'dead');
        await systemClock.sleep(60);
      }
      const others = alertRules()
        .map(({ alert }) => alert)
        .filter((alert) => alert !== 'RepostDown');
      await fires(...others);

      // Every question of the dashboard has an answer.
      const { panels } = JSON.parse(
        readFileSync(new URL('../../src/cli/ops/dashboard.json', import.meta.url), 'utf8'),
      ) as Parameters<typeof queriesOf>[0];
      // A panel shows a while, and an hour of the rules is over in seconds: any moment of that while will do.
      // This home has a store of its own: nothing to say of the hosts of a shared one.
      let silent = queriesOf({ panels }).filter(({ expr }) => !expr.includes('repost_host_'));
      await until(
        'every panel shows something',
        async () => {
          const still: typeof silent = [];
          for (const one of silent) {
            const found = await monitoring.query(
              `max_over_time((${substituted(one.expr, '120s')})[120s:100ms])`,
            );
            if (!found.some(({ value }) => Number.isFinite(value))) still.push(one);
          }
          silent = still;
          return silent;
        },
        (left) => left.length === 0,
      );

      // The daemon itself goes down, everything is mended, and it comes back.
      await daemon.stop();
      await fires('RepostDown');
      home.sandbox.faults.clear();
      await repost('limits', 'set', 'youtube:@creator', 'channel', 'default');
      for (const id of jobIds) setState(id, 'cancelled');
      // Nobody can sign in to what is not there: with a good status the daemon would look, and find that out.
      await store.accounts.remove(account.id, now);
      await store.accounts.update(x?.id ?? 0, { breaksAt: now + 90 * DAY }, now);
      await store.meta.remove('quarantine');
      for (const { id } of await store.accounts.list()) await store.breakers.clear(id);
      await store.sources.update(source.id, { nextPollAt: Date.now() });
      await startDaemon();
      const all = alertRules().map(({ alert }) => alert);
      await heard(all, 'firing', ['slack', 'discord']);
      await heard(all, 'resolved', ['slack', 'discord']);
      const names = critical.map(({ alert }) => alert);
      await heard(names, 'firing', ['webhook', 'email']);
      await heard(names, 'resolved', ['webhook', 'email']);
      await until('nothing fires any more', monitoring.firing, (firing) => firing.length === 0);
    });
  },
);
