import type { Account } from '../core/account.ts';
import { asFailure, type Failure, Failure as FailureError } from '../core/failure.ts';
import { publicCopyStep } from '../core/host.ts';
import type { Http } from '../core/http.ts';
import { errorOf, judge } from '../core/job.ts';
import type { Platform, Post } from '../core/platform.ts';
import type { TracedExchange } from '../core/session.ts';
import type { FittedText } from '../core/text.ts';
import type { AttemptRow, JobRow, JobView, Spend } from '../store/types.ts';
import { noteAudience } from './audience.ts';
import { isPlatformTrouble, noteFailure, passBreaker } from './breaker.ts';
import { takeRun } from './budget.ts';
import { composeText } from './compose.ts';
import type { EngineDeps } from './deps.ts';
import { passQuarantine } from './guard.ts';
import { clearHosted, publicAddress } from './hosting.ts';
import { type OpenRun, openRun } from './journal.ts';
import { readLiveLimits } from './live-limits.ts';
import { attended, checkRoom, openMeter } from './meter.ts';
import { sourceStillPublic } from './still-public.ts';
import { checkStillWanted, passTiming } from './timing-gate.ts';
import { checkUserRoom, takeUserRoom } from './user-limit.ts';

/**
 * Runs one claimed job once, writes what became of it and gives it; undefined where it went to another host. Never
 * throws for what the job did.
 */
export async function runJob(
  deps: EngineDeps,
  claimed: JobRow,
  signal?: AbortSignal,
): Promise<JobView | undefined> {
  const { store, clock } = deps;
  const job = await store.jobs.get(claimed.id);
  if (!job) return undefined;
  deps.emit({ kind: 'job-started', job });
  const startedAt = clock.now();
  let exchange: TracedExchange | null = null;
  let run: OpenRun | undefined;
  const record = (outcome: string, failure?: Failure): Omit<AttemptRow, 'id' | 'jobId'> => ({
    startedAt,
    endedAt: clock.now(),
    outcome,
    error: failure ? errorOf(failure) : null,
    exchange,
  });

  try {
    await takeRun(deps, job);
    const platform = platformOf(deps, job);
    const { video } = job;
    const { presence } = deps;
    run = await openRun({
      jobId: job.id,
      journal: store.journal,
      clock,
      aheadMs: () => deps.peerClock?.aheadOf(platform.id) ?? 0,
      seal: deps.seal,
      settleMs: platform.settleMs,
      guard: () => sourceStillPublic(deps, video),
      ...(presence ? { holder: presence.holder } : {}),
      ...(job.sender === null ? {} : { sender: job.sender }),
      witness: async () => {
        await deps.witness?.();
        await presence?.witness(job.id);
      },
    });
    const keep = (one: TracedExchange) => {
      exchange = one;
      deps.emit({ kind: 'exchange', job, exchange: one });
    };
    const post = await publish(deps, { job, video, platform, run, signal, keep });
    await noteAudience(deps, platform, job.account, post);
    await store.jobs.publish(job.id, postRow(post, job, clock.now()), record('published'), clock.now());
  } catch (error) {
    const failure = asFailure(error);
    if (await isOthers(deps, job.id, failure)) return undefined;
    if (isPlatformTrouble(failure)) await noteFailure(deps, job.account.id);
    const committed = run?.committed ?? (await hasCommit(deps, job));
    // What came further may wait anew: the bound is on waiting for one and the same thing.
    await settle(deps, run?.progressed ? { ...job, giveUpAt: null } : job, failure, committed, record);
  }
  // Other copies that are needless are looked for with each poll.
  if (run?.doneAt(publicCopyStep) !== undefined) await clearHosted(deps);
  const ended = await store.jobs.get(job.id);
  if (ended) deps.emit({ kind: 'job-ended', job: ended });
  return ended;
}

/** True where the job went to another host meanwhile: what becomes of it is that one's to write. */
async function isOthers({ presence, emit }: EngineDeps, jobId: number, failure: Failure): Promise<boolean> {
  if (!presence || (await presence.owns(jobId))) return false;
  emit({ kind: 'trouble', message: `Job ${jobId} went to another host: ${failure.message}`, failure });
  return true;
}

interface Attempt {
  job: JobView;
  video: JobView['video'];
  platform: Platform;
  run: OpenRun;
  signal: AbortSignal | undefined;
  keep(exchange: TracedExchange): void;
}

async function publish(deps: EngineDeps, attempt: Attempt): Promise<Post> {
  const { job, video, platform, run, signal, keep } = attempt;
  let { account } = job;
  if (account.status === 'login-needed') throw loginNeeded(account.account, account.platform);
  const meterOptions = {
    service: platform,
    account,
    limits: deps.store.limits,
    clock: deps.clock,
    jobId: job.id,
  };
  const meter = attended(openMeter(meterOptions), deps.presence, job.id);
  const http = deps.connect(account, platform, meter, keep);

  const rule = job.ruleId === null ? undefined : await deps.store.rules.get(job.ruleId);
  const destination = rule?.destinations.find((one) => one.accountId === account.id);
  if (!run.committed) await passTiming(deps, job, rule, run.doneAt('compose text'));
  const hasFailed = await passBreaker(deps, platform, account, http);
  let spends: Spend[] | undefined;
  if (!run.committed) await passQuarantine(deps, platform, account, http);
  if (!run.committed) {
    await readLiveLimits(deps, platform, account, http, meter);
    if (platform.publishCall) await checkRoom(meterOptions, platform.publishCall);
    spends = await checkUserRoom(deps, job, run);
    account = await withFreshSettings(deps, platform, account, http);
  }
  const taking = platform.mediaFor ? { ...platform, media: platform.mediaFor(account) } : platform;
  const progress = (phase: 'preparing' | 'sending') => (done: number, total: number) =>
    deps.emit({ kind: 'job-progress', job, phase, done, total });
  const onProgress = (done: number) => progress('preparing')(done, 1);
  const media = await deps.obtain(video, rule, taking, { signal, onProgress });
  // The whole caption comes with the file, where the source's own is cut.
  const whole = (await deps.store.videos.get(video.id)) ?? video;
  if (!run.committed) checkStillWanted(whole, rule);
  const text = await run.step<FittedText>('compose text', async () =>
    composeText(platform, account, whole, rule, job),
  );
  if (!run.committed && spends) await takeUserRoom(deps, spends, job, run);
  const post = await platform.publish({
    run,
    http,
    account,
    video,
    media,
    text,
    options: destination?.options ?? {},
    clock: deps.clock,
    progress: progress('sending'),
    publicUrl: () => publicAddress(deps, { run, media, platform: platform.name, signal }),
    ...(deps.frame ? { frame: deps.frame.bind(deps, media) } : {}),
    ...(signal ? { signal } : {}),
  });
  // The run came through: whatever was counted is forgotten.
  if (hasFailed) await deps.store.breakers.clear(account.id);
  return post;
}

/** Brings facts that change by themselves (a server's limits) into the account's row. */
async function withFreshSettings(
  { store, clock }: EngineDeps,
  platform: Platform,
  account: Account,
  http: Http,
): Promise<Account> {
  const fresh = await platform.readSettings?.({ http, account, clock });
  if (!fresh) return account;
  return store.accounts.update(account.id, { settings: { ...account.settings, ...fresh } }, clock.now());
}

async function settle(
  deps: EngineDeps,
  job: JobView,
  failure: Failure,
  committed: boolean,
  record: (outcome: string, failure?: Failure) => Omit<AttemptRow, 'id' | 'jobId'>,
): Promise<void> {
  const { store, clock } = deps;
  const now = clock.now();
  if ((failure.code === 'E_SOURCE_GONE' || failure.code === 'E_NOT_WANTED') && !committed) {
    if (failure.code === 'E_SOURCE_GONE') await store.videos.setState(job.videoId, 'gone');
    await store.jobs.cancel(job.id, errorOf(failure), now);
    return;
  }
  const { retry } = deps.settings;
  const giveUpMs = Math.max(retry.giveUpMs, deps.registry.platform(job.account.platform)?.giveUpMs ?? 0);
  const policy = { ...retry, attempts: job.maxAttempts, giveUpMs };
  const verdict = judge(job, failure, committed, now, () => deps.random(), policy);
  const shown = verdict.state === 'unknown' ? unknownOutcome(failure) : failure;
  await store.jobs.settle(
    job.id,
    verdict.state === 'unknown' ? { ...verdict, error: errorOf(shown) } : verdict,
    record(verdict.state === 'waiting' ? (verdict.reason ?? 'waiting') : verdict.state, shown),
    now,
    deps.presence?.holder,
  );
  if (verdict.accountNeedsLogin) await stopLane(deps, job, failure);
}

/** The account needs its person: its jobs wait without being tried, and it is said once. */
async function stopLane(deps: EngineDeps, job: JobView, failure: Failure): Promise<void> {
  const { store, clock } = deps;
  const now = clock.now();
  const known = job.account.status === 'login-needed';
  const account = await store.accounts.update(job.account.id, { status: 'login-needed' }, now);
  await store.jobs.hold(account.id, ['ready', 'backoff', 'processing', 'quota', 'delay'], 'login', now, now);
  if (!known) deps.emit({ kind: 'login-needed', account, message: failure.message });
}

function unknownOutcome(failure: Failure): Failure {
  if (failure.code === 'E_UNKNOWN_OUTCOME') return failure;
  return new FailureError('E_UNKNOWN_OUTCOME', {
    message: `It was sent, and then: ${failure.message}`,
    cause: failure,
  });
}

function loginNeeded(account: string, platform: string): Failure {
  return new FailureError('E_LOGIN_NEEDED', {
    message: `${account} must sign in again.`,
    command: `repost login ${platform}`,
  });
}

function platformOf(deps: EngineDeps, job: JobView): Platform {
  const platform = deps.registry.platform(job.account.platform);
  if (platform) return platform;
  throw new FailureError('E_UNKNOWN_PLATFORM', {
    message: `Nothing can be published to ${job.account.platform}.`,
  });
}

async function hasCommit(deps: EngineDeps, job: JobView): Promise<boolean> {
  return (await deps.store.journal.load(job.id)).some((row) => row.kind === 'commit');
}

function postRow(post: Post, job: JobView, now: number) {
  return {
    id: post.id,
    url: post.url,
    publishedAt: now,
    lagMs: Math.max(0, now - job.video.publishedAt),
    warnings: post.warnings ?? [],
  };
}
