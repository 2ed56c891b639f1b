import { type Channel, type ItemState, type Problem, quietHours, wants } from '../core/alert.ts';
import { spanEnd } from '../core/alert-hours.ts';
import { alertRules } from '../core/alert-rules.ts';
import { MINUTE, SECOND } from '../core/clock.ts';
import type { AlertChange, NoticeRow, OpenProblem } from '../store/alert-types.ts';

/** What is told together is gathered for so long after the first of it; a third of it where that is critical. */
export const GROUP_MS = 30 * SECOND;
/** Between two messages to one channel, where nothing critical is new. */
export const GAP_MS = 5 * MINUTE;
/** What is not seen for so long is over; what comes back before that was one and the same problem. */
export const HOLD_MS = 2 * MINUTE;

export interface PlanInput {
  now: number;
  channels: readonly Channel[];
  /** What the store says is open, and what was told of it. */
  open: readonly OpenProblem[];
  notices: readonly NoticeRow[];
  /** What is wrong now. */
  problems: readonly Problem[];
  /** Told while the store could not be written: message by `channelId key`. */
  toldBefore?: ReadonlyMap<string, string>;
}

/** From what is wrong now and what was told before: what changes, and who is told what. Pure. */
export function planChange(input: PlanInput): AlertChange {
  const { now, open, problems } = input;
  const known = new Map(open.map((one) => [one.problem.key, one]));
  const current = new Map(problems.map((problem) => [problem.key, problem]));
  const gone = open.filter(({ problem }) => !current.has(problem.key));
  const over = gone.filter((one) => isOver(one, now));
  const present = problems.map((problem) => ({
    problem,
    openedAt: known.get(problem.key)?.openedAt ?? now,
  }));
  const told = toldBook(input.notices);
  return {
    opened: problems.filter(({ key }) => !known.has(key)),
    seen: [
      ...open.flatMap(({ id, problem, missingSince }) => {
        const fresh = current.get(problem.key);
        if (!fresh || (missingSince === null && same(fresh, problem))) return [];
        return [{ id, problem: fresh, missingSince: null }];
      }),
      ...gone
        .filter((one) => one.missingSince === null && !over.includes(one))
        .map(({ id, problem }) => ({ id, problem, missingSince: now })),
    ],
    notices: input.channels.flatMap((channel) => [
      ...present.flatMap((one) => noticesFor(channel, one, told, input)),
      ...over.flatMap((one) => endNotices(channel, one, told, now)),
    ]),
    dropped: input.notices.filter((notice) => isNeedless(notice, current, over)).map(({ id }) => id),
    resolved: over.map(({ id }) => id),
  };
}

export function isEmpty(change: AlertChange): boolean {
  return Object.values(change).every((list: readonly unknown[]) => list.length === 0);
}

function isOver({ problem, missingSince }: OpenProblem, now: number): boolean {
  if (alertRules[problem.rule].endsSilently) return true;
  return missingSince !== null && now - missingSince >= HOLD_MS;
}

const same = (one: Problem, other: Problem) => JSON.stringify(one) === JSON.stringify(other);

type ToldBook = ReadonlyMap<string, readonly NoticeRow[]>;

/** Notices by channel and problem. */
function toldBook(notices: readonly NoticeRow[]): ToldBook {
  const book = new Map<string, NoticeRow[]>();
  for (const notice of notices) {
    const key = `${notice.channelId} ${notice.problem.key}`;
    book.set(key, [...(book.get(key) ?? []), notice]);
  }
  return book;
}

type NewNotice = AlertChange['notices'][number];

/** Once for each step; then again each `repeatMs` where it is critical. */
function noticesFor(
  channel: Channel,
  { problem, openedAt }: { problem: Problem; openedAt: number },
  told: ToldBook,
  { now, toldBefore }: PlanInput,
): NewNotice[] {
  if (!wants(channel, problem)) return [];
  const { key, step, rule, severity } = problem;
  const place = `${channel.id} ${key}`;
  const before = told.get(place) ?? [];
  const notice = (state: ItemState, name: string, dueAt: number): NewNotice[] => [
    { channelId: channel.id, key, state, step: name, dueAt },
  ];
  const messageId = toldBefore?.get(place);
  if (!before.some((one) => one.state === 'open' && one.step === step)) {
    const fresh = notice('open', step, Math.max(now, openedAt + alertRules[rule].waitMs));
    return messageId === undefined ? fresh : fresh.map((one) => ({ ...one, messageId }));
  }
  const { repeatMs } = channel.settings;
  if (severity !== 'critical' || repeatMs <= 0 || before.some((one) => one.messageId === null)) return [];
  if (now < lastTold(before) + repeatMs) return [];
  return notice('still', String(before.length), now);
}

function lastTold(notices: readonly NoticeRow[]): number {
  return Math.max(...notices.map(({ dueAt }) => dueAt));
}

/** Who was told that it began is told that it is over. */
function endNotices(channel: Channel, { problem }: OpenProblem, told: ToldBook, now: number): NewNotice[] {
  if (alertRules[problem.rule].endsSilently) return [];
  const before = told.get(`${channel.id} ${problem.key}`) ?? [];
  if (!before.some(({ messageId }) => messageId !== null)) return [];
  return [{ channelId: channel.id, key: problem.key, state: 'resolved', step: '', dueAt: now }];
}

/** Not told yet, and no news any more: the problem is over, or has come to its next step. */
function isNeedless(
  { messageId, state, step, problem }: NoticeRow,
  current: ReadonlyMap<string, Problem>,
  over: readonly OpenProblem[],
): boolean {
  if (messageId !== null || state === 'resolved') return false;
  const now = current.get(problem.key);
  if (now) return state === 'open' && now.step !== step;
  return over.some((one) => one.problem.key === problem.key);
}

// ---------------------------------------------------------------- batches

/** What a channel is told in one message now; or when to look again (epoch ms), null: nothing waits. */
export interface Batch {
  notices: readonly NoticeRow[];
  at: number | null;
}

export interface BatchInput {
  now: number;
  timeZone: string;
  channel: Channel;
  notices: readonly NoticeRow[];
  /** Problems that are not seen just now: whether they are over shows soon. */
  missing: ReadonlySet<number>;
  lastMessageAt: number | undefined;
  /** How long to gather: nothing where the process ends. */
  groupMs: number;
}

export function nextBatch(input: BatchInput): Batch {
  const { now, channel, groupMs, lastMessageAt } = input;
  const waiting = input.notices
    .filter((one) => one.channelId === channel.id && one.messageId === null)
    .filter((one) => one.state === 'resolved' || !input.missing.has(one.problemId))
    .map((notice) => ({ notice, dueAt: outOfQuiet(notice, input) }));
  if (waiting.length === 0) return { notices: [], at: null };
  const first = Math.min(...waiting.map(({ dueAt }) => dueAt));
  const urgent = Math.min(
    ...waiting.filter(({ notice }) => isUrgent(notice)).map(({ dueAt }) => dueAt + groupMs / 3),
  );
  const gap = groupMs === 0 || lastMessageAt === undefined ? 0 : lastMessageAt + GAP_MS;
  const at = Math.min(urgent, Math.max(first + groupMs, gap));
  if (now < at) return { notices: [], at };
  return { notices: waiting.filter(({ dueAt }) => dueAt <= now).map(({ notice }) => notice), at: null };
}

const isUrgent = ({ state, problem }: NoticeRow) => state !== 'resolved' && problem.severity === 'critical';

/** What is not critical waits for the end of the quiet hours. */
function outOfQuiet(notice: NoticeRow, { now, timeZone, channel }: BatchInput): number {
  const quiet = quietHours(channel.settings);
  if (!quiet || isUrgent(notice)) return notice.dueAt;
  return spanEnd(quiet, timeZone, Math.max(now, notice.dueAt)) ?? notice.dueAt;
}
