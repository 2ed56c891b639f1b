import { beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import type { Platform, PublishRequest, Run } from '../../src/core/platform.ts';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import { sandboxTransport } from '../platforms/in-process.ts';
import { breachesOf, drive, giveJob, openWorld, signInTo, startLife, traffic, type World } from './home.ts';
import { mortality } from './mortal.ts';
import { judgeOf } from './spec.ts';
import unjudged from './unjudged.json' with { type: 'json' };

export interface ContractOptions {
  /** Brings an account into the world; default: the browser sign-in. */
  account?: (world: World) => ReturnType<typeof signInTo>;
  /** Switches quirks on before anything happens. */
  prepare?: (world: World) => Promise<unknown>;
  /** How this platform says that a token is no longer good. Default: a plain 401. */
  refusedToken?: FaultAction;
  /** Kills in pairs: every n-th second kill only, where all would take too long. Default 1: all (see `thinned`). */
  pairStride?: number;
  /**
   * Names of weaknesses that change nothing here, because the platform itself refuses a second sending of the
   * same post. The suite then wants to stay green on them.
   */
  harmless?: readonly (keyof typeof weaknesses)[];
  /** True where nobody but a person can tell whether a lost sending landed: a job may then end `unknown`. */
  mayAsk?: boolean;
}

/** Of the pairs of kills an ordinary run takes every second one, like the black fields of a chessboard. */
const thinned = process.env['REPOST_TEST_LONG'] ? 1 : 2;

/** Bends a platform's use of the two verbs: to see the suite turn red. */
export type Weakness = (run: Run) => Run;

export const weaknesses = {
  'a commit that is a plain step': (run) => ({
    ...bound(run),
    commit: (name, call) => run.step(name, call.act),
  }),
  'every refusal taken for certain': (run) => ({
    ...bound(run),
    commit: (name, call) =>
      run.commit(name, {
        ...call,
        act: async () => {
          try {
            return await call.act();
          } catch (error) {
            if (!(error instanceof Failure)) throw error;
            throw new Failure(error.code, { kind: 'retry', message: error.message, certain: true });
          }
        },
      }),
  }),
  '“repeat” where it is not true': (run) => ({
    ...bound(run),
    commit: (name, call) => run.commit(name, { ...call, inDoubt: 'repeat' }),
  }),
} satisfies Readonly<Record<string, Weakness>>;

function bound(run: Run): Run {
  return { jobId: run.jobId, step: run.step, commit: run.commit, doneAt: run.doneAt };
}

/** The platform with its run bent; unbent where there is no weakness. */
function bend(platform: Platform, weakness?: Weakness): Platform {
  if (!weakness) return platform;
  return {
    ...platform,
    publish: (request: PublishRequest) => platform.publish({ ...request, run: weakness(request.run) }),
  };
}

export interface Trial {
  platform: Platform;
  options: ContractOptions;
}

/** Published, or in a person's hands where nobody else can tell. */
function isGoodEnd(state: string | undefined, { mayAsk }: ContractOptions): boolean {
  return state === 'published' || (mayAsk === true && state === 'unknown');
}

export async function worldFor({ platform, options }: Trial) {
  const world = await openWorld();
  await options.prepare?.(world);
  const account = await (options.account ?? ((here: World) => signInTo(here, platform)))(world);
  const jobId = await giveJob(world, account);
  return { world, jobId };
}

/** Dies at these points, one life after the other, then lives on to the end. Gives the breaches, and whether the last death was reached. */
async function dieAt(
  trial: Trial,
  points: readonly number[],
): Promise<{ breaches: string[]; reached: boolean; published: boolean }> {
  const { world, jobId } = await worldFor(trial);
  let reached = true;
  for (const point of points) {
    const life = mortality(point);
    const { engine } = await startLife(world, {
      platform: trial.platform,
      store: life.store(world.store),
      transport: life.transport(sandboxTransport(world.sandbox)),
    });
    await engine.recover().catch(() => undefined);
    await drive(world, {
      engine: { ...engine, pump: () => (life.dead ? Promise.reject(new Error('dead')) : engine.pump()) },
    }).catch(() => undefined);
    await engine.idle();
    reached = life.dead;
    if (!reached) break;
  }
  const last = await startLife(world, { platform: trial.platform });
  await last.engine.recover();
  await drive(world, last);
  const breaches = await breachesOf(world, trial.platform, [jobId]);
  const job = await world.store.jobs.get(jobId);
  await world.store.close();
  return { breaches, reached, published: isGoodEnd(job?.state, trial.options) };
}

/** Kills at every point until a run is untouched. Gives a line for each breach, and how many points there are. */
export async function killEverywhere(
  platform: Platform,
  options: ContractOptions = {},
): Promise<{ breaches: string[]; points: number }> {
  const breaches: string[] = [];
  for (let point = 1; ; point += 1) {
    const result = await dieAt({ platform, options }, [point]);
    breaches.push(...result.breaches.map((breach) => `killed at ${point}: ${breach}`));
    if (!result.reached) return { breaches, points: point - 1 };
    if (!result.published) breaches.push(`killed at ${point}: not published in the end`);
  }
}

/** What may befall any request, and whether the platform did its work all the same. */
export const faults: readonly FaultAction[] = [
  { kind: 'refuse' },
  { kind: 'lost' },
  { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503, headers: { 'retry-after': '2' }, body: '<html>trouble</html>' },
  { kind: 'status-after', status: 500 },
  { kind: 'status-after', status: 502, body: '<html>bad gateway</html>' },
  { kind: 'garbage' },
  { kind: 'garbage', processed: true },
  { kind: 'cut-body' },
  { kind: 'truncate' },
  { kind: 'hang' },
  { kind: 'hang', processed: true },
  { kind: 'cut-upload', bytes: 10 },
];

export const nameOf = (fault: FaultAction) =>
  [fault.kind, 'status' in fault ? fault.status : '', 'processed' in fault && fault.processed ? 'after' : '']
    .filter(Boolean)
    .join(' ');

/** Lets the fault befall the n-th request of the publish, for every n until a run is untouched. */
export async function faultEverywhere(
  platform: Platform,
  action: FaultAction,
  options: ContractOptions = {},
): Promise<string[]> {
  const breaches: string[] = [];
  for (let nth = 1; ; nth += 1) {
    const { world, jobId } = await worldFor({ platform, options });
    world.sandbox.faults.add({ nth, times: 1, action });
    const life = await startLife(world, { platform });
    await drive(world, life);
    const job = await world.store.jobs.get(jobId);
    const at = `${nameOf(action)} at request ${nth}`;
    breaches.push(...(await breachesOf(world, platform, [jobId])).map((breach) => `${at}: ${breach}`));
    if (!isGoodEnd(job?.state, options))
      breaches.push(`${at}: ${job?.state} (${job?.error?.code}: ${job?.error?.message})`);
    const fired = world.sandbox.faults.rules().some((rule) => rule.fired > 0);
    await world.store.close();
    if (!fired) return breaches;
  }
}

/** The same trouble for every request, for ever: must end without a post, or with one that is known. */
export async function faultForEver(
  platform: Platform,
  action: FaultAction,
  options: ContractOptions = {},
): Promise<{ breaches: string[]; state: string }> {
  const { world, jobId } = await worldFor({ platform, options });
  world.sandbox.faults.add({ times: 1_000_000, action });
  const life = await startLife(world, {
    platform,
    settings: { retry: { baseMs: 2000, capMs: 60_000, attempts: 5, giveUpMs: 3_600_000 } },
  });
  await drive(world, life);
  const job = await world.store.jobs.get(jobId);
  const breaches = await breachesOf(world, platform, [jobId]);
  await world.store.close();
  return { breaches, state: job?.state ?? 'lost' };
}

/** What every platform must pass. Three lines in its own test call this. */
export function platformContract(platform: Platform, options: ContractOptions = {}): void {
  const trial: Trial = { platform, options };

  describe(`${platform.name}: the contract of a platform`, () => {
    let points = 0;
    beforeAll(async () => {
      points = (await killEverywhere(platform, options)).points;
    }, 120_000);

    it('publishes one post', async () => {
      const { world, jobId } = await worldFor(trial);
      await drive(world, await startLife(world, { platform }));
      const job = await world.store.jobs.get(jobId);
      expect(job?.error ?? null).toBeNull();
      expect(job?.state).toBe('published');
      expect(job?.post?.url ?? '').toMatch(/^https:\/\//u);
      expect(await breachesOf(world, platform, [jobId])).toEqual([]);
    });

    it('survives a kill at every point', async () => {
      const result = await killEverywhere(platform, options);
      expect(result.breaches).toEqual([]);
      expect(result.points).toBeGreaterThan(8);
    }, 120_000);

    it('survives pairs of kills', async () => {
      const breaches: string[] = [];
      const stride = (options.pairStride ?? 1) * thinned;
      for (let first = 1; first <= points; first += 1) {
        for (let second = 1 + (first % stride); ; second += stride) {
          const result = await dieAt(trial, [first, second]);
          breaches.push(
            ...result.breaches.map((breach) => `killed at ${first}, then at ${second}: ${breach}`),
          );
          if (!result.reached) break;
        }
      }
      expect(breaches).toEqual([]);
    }, 600_000);

    it.each(faults.map((fault) => [nameOf(fault), fault] as const))(
      'survives at every request: %s',
      async (_name, fault) => {
        expect(await faultEverywhere(platform, fault, options)).toEqual([]);
      },
      120_000,
    );

    it.each([
      ['500', { kind: 'status', status: 500 }],
      ['garbage', { kind: 'garbage' }],
      ['lost', { kind: 'lost' }],
      ['refuse', { kind: 'refuse' }],
    ] as const)('gives up in the end without a double post: %s for ever', async (_name, fault) => {
      const { breaches, state } = await faultForEver(platform, fault, options);
      expect(breaches).toEqual([]);
      expect(['dead', 'unknown', 'published']).toContain(state);
    });

    it('asks for its person when every answer is 401, and goes on after the sign-in', async () => {
      const { world, jobId } = await worldFor(trial);
      world.sandbox.faults.add({
        times: 1_000_000,
        action: options.refusedToken ?? { kind: 'status', status: 401, body: {} },
      });
      const life = await startLife(world, { platform });
      await drive(world, life);
      const stopped = await world.store.jobs.get(jobId);
      expect([stopped?.state, stopped?.reason]).toEqual(['waiting', 'login']);
      expect(stopped?.account.status).toBe('login-needed');

      world.sandbox.faults.clear();
      const account = await (options.account ?? ((here: World) => signInTo(here, platform)))(world);
      await world.store.jobs.hold(account.id, ['login'], 'ready', world.clock.now(), world.clock.now());
      await drive(world, await startLife(world, { platform }));
      expect((await world.store.jobs.get(jobId))?.state).toBe('published');
      expect(await breachesOf(world, platform, [jobId])).toEqual([]);
    });
  });

  describe(`${platform.name}: the contract can fail`, () => {
    const harmless = new Set<string>(options.harmless);
    it.each(
      Object.entries(weaknesses).map(
        ([name, weakness]) => [harmless.has(name) ? 'stays green' : 'turns red', name, weakness] as const,
      ),
    )(
      'it %s on %s',
      async (verdict, _name, weakness) => {
        const weak = bend(platform, weakness);
        const breaches = (await killEverywhere(weak, options)).breaches;
        for (const action of [
          { kind: 'lost' },
          { kind: 'status-after', status: 500 },
          { kind: 'garbage', processed: true },
        ] as const) {
          if (breaches.length === 0) breaches.push(...(await faultEverywhere(weak, action, options)));
        }
        if (verdict === 'stays green') expect(breaches).toEqual([]);
        else expect(breaches).not.toEqual([]);
      },
      120_000,
    );
  });

  describeTraffic(platform);
}

/** Part of unjudged.json for a platform: what its own description leaves unsaid of what we send. */
const known: Readonly<Record<string, readonly string[]>> = unjudged;

/** Comes last: all that this file's trials have sent, held against the platform's own description of its API. */
function describeTraffic({ id, name }: Platform): void {
  const judge = judgeOf(id);
  if (!judge) return;
  it(`${name}: every request is one that its own description knows`, async () => {
    const verdicts = await Promise.all(traffic.requests().map(judge));
    expect(verdicts.length).toBeGreaterThan(5);
    expect([...new Set(verdicts.flatMap(({ problems }) => problems))]).toEqual([]);
    const open = [...new Set(verdicts.flatMap((verdict) => verdict.unjudged))].sort();
    console.info(`${name}: not judged by its description:\n  ${open.join('\n  ')}`);
    expect(open.filter((one) => !known[id]?.includes(one))).toEqual([]);
  });
}
