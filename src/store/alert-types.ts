import type { AlertMessage, Channel, ItemState, Problem } from '../core/alert.ts';
import type { JobError } from '../core/job.ts';

/** A problem that is not over. */
export interface OpenProblem {
  id: number;
  problem: Problem;
  openedAt: number;
  /** Since when it is not seen any more (epoch ms); null while it is there. */
  missingSince: number | null;
}

/** Something that a channel is to be told of a problem. */
export interface NoticeRow {
  id: number;
  channelId: number;
  problemId: number;
  /** As it was last seen. */
  problem: Problem;
  openedAt: number;
  state: ItemState;
  step: string;
  dueAt: number;
  /** The message that tells it, or null until there is one. */
  messageId: string | null;
}

export interface MessageRow {
  id: string;
  channelId: number;
  body: AlertMessage;
  state: 'waiting' | 'sending' | 'sent' | 'failed';
  attempt: number;
  dueAt: number;
  createdAt: number;
}

/** One try to send a message. */
export interface DeliveryRow {
  id: number;
  channel: string;
  kind: string;
  messageId: string;
  title: string;
  attempt: number;
  /** `retried`: it failed and is tried again. */
  outcome: 'sent' | 'retried' | 'failed';
  error: JobError | null;
  at: number;
  tookMs: number;
}

/** What changed between two looks. Notices name their problem by its key. */
export interface AlertChange {
  opened: readonly Problem[];
  seen: readonly { id: number; problem: Problem; missingSince: number | null }[];
  notices: readonly {
    channelId: number;
    key: string;
    state: ItemState;
    step: string;
    dueAt: number;
    /** Where it was told already, past the store. */
    messageId?: string;
  }[];
  /** Waiting notices that nobody needs to hear any more. */
  dropped: readonly number[];
  resolved: readonly number[];
}

/** Where alerts go, what is wrong, what was told, and the messages on their way. */
export interface AlertStore {
  /** Throws E_EXISTS where the name is taken. */
  addChannel(
    channel: Pick<Channel, 'name' | 'kind' | 'settings' | 'digestAt' | 'weeklyAt'>,
    now: number,
  ): Promise<Channel>;
  channels(): Promise<Channel[]>;
  setDigestAt(channelId: number, at: number | null): Promise<void>;
  setWeeklyAt(channelId: number, at: number | null): Promise<void>;
  /** Whatever waited for it goes with it. */
  removeChannel(name: string): Promise<boolean>;

  open(): Promise<OpenProblem[]>;
  /** Of open problems, and those that no message tells yet. */
  notices(): Promise<NoticeRow[]>;
  /** Writes what changed, all or nothing. A notice that is there already, or whose channel is gone, is left out. */
  apply(change: AlertChange, now: number): Promise<void>;

  /** Puts a message into the outbox, with the notices that it tells. */
  queue(message: AlertMessage, channelId: number, noticeIds: readonly number[], now: number): Promise<void>;
  /** The oldest message of each channel that was not sent yet. */
  outbox(): Promise<MessageRow[]>;
  /** Takes a message to be sent: it counts as on its way from now on. Undefined where it is not there any more. */
  take(id: string, now: number): Promise<MessageRow | undefined>;
  /** Writes what became of a try; `dueAt`: when it is tried again. */
  settle(id: string, delivery: Omit<DeliveryRow, 'id'>, dueAt: number | null): Promise<void>;
  /** Messages that were on their way when the process died: nobody knows, so they are sent again. Gives how many. */
  recover(now: number): Promise<number>;
  /** What waits for a channel is tried now. */
  hasten(channelId: number, now: number): Promise<void>;

  log(delivery: Omit<DeliveryRow, 'id'>): Promise<void>;
  /** Newest first. */
  deliveries(filter: { channel?: string; limit: number }): Promise<DeliveryRow[]>;
  /** Forgets what ended before this instant. */
  prune(before: number): Promise<void>;
}
