import type { WaitReason } from '../core/failure.ts';
import type { JobError } from '../core/job.ts';
import type { KnownNumbers } from '../core/numbers.ts';
import type { Rule } from '../core/rule.ts';
import type { SourceItem, Video } from '../core/video.ts';

export interface SourceRow {
  id: number;
  /** The Source's id in the registry: `tiktok`, `folder`. */
  kind: string;
  /** The account that is watched, where it is one. */
  accountId: number | null;
  /** The folder or address, where it is a place. */
  locator: string | null;
  /** As people write it: `tiktok:@creator`, or the path. */
  name: string;
  user: string;
  paused: boolean;
  /** Null until the first good poll: that one only takes note of what is there. */
  baselineAt: number | null;
  lastPollAt: number | null;
  lastGoodPollAt: number | null;
  /** Polls that failed since the last good one; those that a limit held count once. */
  failures: number;
  nextPollAt: number;
  error: JobError | null;
}

export interface SourceStore {
  add(
    source: Pick<SourceRow, 'kind' | 'accountId' | 'locator' | 'name' | 'user'>,
    now: number,
  ): Promise<SourceRow>;
  get(id: number): Promise<SourceRow | undefined>;
  list(): Promise<SourceRow[]>;
  /** Those to be polled now, with an interval of so long, the longest due first; none that are paused or in `except`. */
  due(intervalMs: number, now: number, except?: readonly number[], limit?: number): Promise<SourceRow[]>;
  /** When the next of them comes due (epoch ms), or null; those in `except` don’t count. */
  nextDueAt(intervalMs: number, except?: readonly number[]): Promise<number | null>;
  update(id: number, change: Partial<Pick<SourceRow, 'paused' | 'nextPollAt' | 'name'>>): Promise<SourceRow>;
  /** Takes a source to ask it, until `until` at most: false where another host asks it now; a host’s next process may ask what its last one was asking. `polled` gives it back. */
  take(id: number, host: string, until: number, now: number): Promise<boolean>;
  /** Notes how a poll ended. A good one sets lastGoodPollAt and, the first time, baselineAt. */
  polled(id: number, at: number, nextPollAt: number, error: JobError | null): Promise<void>;
  remove(id: number): Promise<boolean>;
}

export type NewRule = Omit<Rule, 'id' | 'createdAt' | 'updatedAt'>;

export interface RuleStore {
  add(rule: NewRule, now: number): Promise<Rule>;
  get(id: number): Promise<Rule | undefined>;
  list(filter?: { sourceId?: number }): Promise<Rule[]>;
  replace(rule: Rule, now: number): Promise<Rule>;
  /** Its waiting jobs are cancelled; history stays. */
  remove(id: number, now: number): Promise<boolean>;
}

/** What the watcher decided about one item. */
export interface Taken {
  item: SourceItem;
  jobs: readonly NewJob[];
  /** For each rule that looked at it and did not want it. */
  skipped: readonly { rule: string; why: string }[];
}

export interface NewJob {
  accountId: number;
  ruleId: number;
  user: string;
  state: 'waiting';
  reason: WaitReason;
  runAt: number;
  maxAttempts: number;
}

export interface VideoRow extends Video {
  /** Name of its source. */
  source: string;
  /** Why rules did not want it. */
  skipped: readonly { rule: string; why: string }[];
  /** How many jobs it has. */
  jobs: number;
  /** Views and likes of the original as last read; null where its source tells none. */
  numbers: KnownNumbers | null;
}

export interface VideoStore {
  /**
   * Stores the items that are new and makes their jobs, all in one transaction. Items and (video, account)
   * pairs that are stored already are left alone. Gives the videos and jobs that were new.
   */
  take(
    sourceId: number,
    taken: readonly Taken[],
    now: number,
  ): Promise<{ videos: Video[]; jobIds: number[] }>;
  /** Makes jobs for a stored video (backfill, a rule that came later); existing pairs are left alone. */
  addJobs(videoId: number, jobs: readonly NewJob[], now: number): Promise<number[]>;
  /** Which of these remote ids of the source are stored; with none given: all that are. */
  known(sourceId: number, remoteIds: readonly string[]): Promise<Set<string>>;
  get(id: number): Promise<VideoRow | undefined>;
  /** Newest first by `publishedAt`; `since`: published at or after; `before`: only those after the video of this id, the next page. Default 50. */
  list(filter: {
    sourceId?: number;
    /** Only of sources that this user owns. */
    user?: string;
    since?: number;
    limit?: number;
    before?: number;
  }): Promise<VideoRow[]>;
  setState(id: number, state: Video['state']): Promise<void>;
  /** A longer caption than the API's cut one, learned from a file source. */
  setCaption(id: number, caption: string): Promise<void>;
  /**
   * An imported video is shown by its source: it takes over the source's name for it and its facts. A longer caption
   * stays. Refuses (E_EXISTS) where that name is stored already.
   */
  recognise(id: number, item: SourceItem): Promise<void>;
  /** Remembers which cached file belongs to the video. */
  setMedia(id: number, sha256: string): Promise<void>;
  media(id: number): Promise<string | undefined>;
}
