import type { Engine } from '../../src/engine/engine.ts';
import type { Presence } from '../../src/engine/presence.ts';
import type { Lock } from '../../src/store/lock.ts';
import type { Store } from '../../src/store/types.ts';
import type { SimClock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { Mortal } from './mortal.ts';
import type { Random } from './random.ts';

/** How one simulated world ended. */
export interface Report {
  seed: number;
  breaches: string[];
  published: number;
  /** Jobs by the state in which they ended. */
  ended: Record<string, number>;
  /** Posts that were out before the world became calm. */
  troubled: number;
  crashes: number;
  powerCuts: number;
  /** Connections to a database server that were lost as a transaction was committed, by death or not. */
  cutCommits: number;
  /** Hosts that stood still, and went on. */
  freezes: number;
  requests: number;
  turns: number;
  /** What happened last, oldest first: to read after a breach. */
  trail: string[];
}

export const newReport = (seed: number, { breaches, trail }: Pick<Stage, 'breaches' | 'trail'>): Report => ({
  seed,
  breaches,
  published: 0,
  ended: {},
  troubled: 0,
  crashes: 0,
  powerCuts: 0,
  cutCommits: 0,
  freezes: 0,
  requests: 0,
  turns: 0,
  trail,
});

/** One process over the world, from its start to its death. */
export interface Life extends Mortal {
  engine: Engine;
  /** Where several hosts share the store. */
  presence?: Presence;
  /** The store without death: for what persons and judges do. */
  raw: Store;
  lock: Lock | undefined;
  /** Jobs ended since somebody looked. */
  ended: number;
  /** From when on it must have shown patience and progress. */
  startedAt: number;
  /** When a job of each lane was last tried. */
  tried: Map<number, number>;
  /** When it was last judged. */
  judgedAt: number;
}

/** Something that happens in the world besides what the program does. */
export interface ScriptEvent {
  at: number;
  what: 'publish' | 'late' | 'hide' | 'revoke' | 'outage' | 'person' | 'intruder' | 'suspend';
}

/** A world with all that outlasts a process, and those who judge it. */
export interface Stage {
  seed: number;
  clock: SimClock;
  disk: Disk;
  death: Random;
  /** Nothing goes wrong any more: the end of the simulation. */
  calm: boolean;
  calmSince: number;
  /** The machine sleeps until then. */
  suspendedUntil: number;
  breaches: string[];
  trail: string[];
  events: ScriptEvent[];
  /** Where files are read while it runs, one request at a time goes on: else the order would be the disk's. */
  oneAtATime: boolean;
  furnish(): Promise<void>;
  startLife(raw: Store, lock: Lock): Promise<Life>;
  happen(life: Life, event: ScriptEvent): Promise<void>;
  /** Told when the world becomes calm. */
  calmDown(): void;
  judgeNow(life: Life): Promise<void>;
  judgeEnd(store: Store, report: Report): Promise<void>;
  atEnd(life: Life): Promise<boolean>;
  requests(): number;
  /** Posts that are out. */
  posts(): number;
}

const TRAIL_LINES = 2000;

/** Keeps a line of what happens, with its instant. */
export function note({ trail, clock }: Pick<Stage, 'trail' | 'clock'>, what: string): void {
  trail.push(`${new Date(clock.now()).toISOString()} ${what}`);
  if (trail.length > 2 * TRAIL_LINES) trail.splice(0, TRAIL_LINES);
}
