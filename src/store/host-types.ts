/**
 * Several hosts over one store. A host is a daemon (or a `sync`) of one home on one machine; SQLite has one host.
 *
 * A job that runs has a holder and a lease; the holder renews its leases by `beat`. `jobs.recover` gives back what a
 * host's own earlier process held, and what is held by hosts whose lease ran out. Times of leases are the database's.
 *
 * A lease says nothing about a request that has left: a host that stood still may send long after it. So what was
 * sent without an answer by a host that is not known to be dead is marked with its `sender`, and may only be looked
 * up: found, it is published; not found, it waits, and ends `unknown`. A host is known to be dead when its own next
 * process says so (`enter`), or a person (`declareDead`); one that lives says when its run has ended (`jobs.release`).
 */
export interface Holder {
  /** The host's name: the same after a restart, another for each home on each machine. */
  host: string;
  /** Its present process: another after each start. */
  instance: string;
  /** How long a job is its own without a beat (ms). Beat at a third of it. */
  leaseMs: number;
}

export interface HostRow {
  name: string;
  /** Its present process, or one that is lost; empty where the last one ended in good order. */
  instance: string;
  /** Of repost. */
  version: string;
  startedAt: number;
  /** When it was last seen, by the database’s clock. */
  seenAt: number;
  /** It is to end what runs, and to start nothing. */
  draining: boolean;
  /** How far its clock is ahead of the database’s (ms), as last seen. */
  skewMs: number;
  /** Jobs that it holds. */
  running: number;
  /** Jobs of others that it sent without an answer: they are only looked for (see `sender`). */
  doubts: number;
}

/** What a host is told at each beat. */
export interface Beat {
  /** The database’s time. */
  at: number;
  /** Until when the jobs that it holds are its own. */
  leaseUntil: number;
  draining: boolean;
  /** The jobs of these that it holds; a run of any other is somebody else’s by now. */
  jobs: number[];
}

export interface HostStore {
  /**
   * A host’s process begins: whatever an earlier one of that name sent has left by now, so its jobs may be sent again
   * once they were looked up. Only under the home’s lock: two processes of one name would take each other for dead.
   */
  enter(host: Pick<HostRow, 'name' | 'instance' | 'version'>, now: number): Promise<HostRow>;
  /**
   * A sign of life: renews the leases of those of these jobs that this process holds. One that it holds and knows
   * nothing of (the answer to its claim was lost) runs out, and is taken over. Undefined where another process has
   * entered under its name.
   */
  beat(holder: Holder, jobs: readonly number[], now: number): Promise<Beat | undefined>;
  /** By name. */
  list(): Promise<HostRow[]>;
  /** False where there is no such host. */
  drain(name: string, draining: boolean): Promise<boolean>;
  /** The process ends in good order; it holds nothing any more. The host stays listed. */
  leave(holder: Holder, now: number): Promise<void>;
  /**
   * Takes or keeps the turn for what one host does at a time, until `ms` from now by the database’s clock. False where
   * another process has it. What is asked under it must be harmless where a host stood still and its turn passed.
   */
  lead(task: string, holder: Pick<Holder, 'host' | 'instance'>, ms: number, now: number): Promise<boolean>;
  /** Gives a turn back before its end. */
  yield(task: string, holder: Pick<Holder, 'host' | 'instance'>): Promise<void>;
  /**
   * A person’s word that this host runs no more and never will under this name: its jobs go back to their lanes, and
   * what it sent counts as sent. Gives the jobs’ ids. Throws E_NOT_FOUND.
   */
  declareDead(name: string, now: number): Promise<number[]>;
}
