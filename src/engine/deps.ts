import type { Account } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import type { MediaHost } from '../core/host.ts';
import type { Http } from '../core/http.ts';
import type { RetryPolicy } from '../core/job.ts';
import type { FrameWish, MediaFile } from '../core/media.ts';
import type { PlatformId } from '../core/names.ts';
import type { PeerClock } from '../core/peer-clock.ts';
import type { Platform, Service } from '../core/platform.ts';
import type { Rule } from '../core/rule.ts';
import type { Meter, Trace, TracedExchange } from '../core/session.ts';
import type { Source } from '../core/source.ts';
import type { JobView, SourceRow, Store } from '../store/types.ts';
import type { Seal } from './journal.ts';
import type { Presence } from './presence.ts';

/** What a backfill is about to make: how many videos and posts, the first and the last of them (epoch ms). */
export interface BackfillSum {
  videos: number;
  posts: number;
  firstAt: number | null;
  lastAt: number | null;
}

/** What the engine is given. It knows no platform by name: only what the registry hands out. */
export interface EngineDeps {
  store: Store;
  clock: Clock;
  /** What time it is at the services, as their answers to `connect`'s requests told. */
  peerClock?: PeerClock;
  /** Uniform in [0, 1): jitter. */
  random(): number;
  registry: Registry;
  /** An Http that carries the account's credentials. */
  connect(account: Account, service: Service, meter: Meter, trace?: Trace): Http;
  /** Looks at an account's sign-in and renews it where it is due; throws where its person must come. */
  freshen(account: Account, service: Service): Promise<void>;
  /** An Http without credentials, for sources that are places. */
  anonymous: Http;
  /** The verified file of a video, by the rule's media sources, made to fit the platform; throws `later` (reason media) while there is none. */
  obtain(
    video: JobView['video'],
    rule: Rule | undefined,
    platform: Platform,
    options?: {
      signal?: AbortSignal | undefined;
      /** Told how far ffmpeg is, 0 to 1, where the file is made to fit. */
      onProgress?: (done: number) => void;
    },
  ): Promise<MediaFile>;
  /** A picture of a video's file, as JPEG; throws E_TOOL_MISSING, E_TOOL_FAILED. */
  frame?(file: MediaFile, wish: FrameWish, signal?: AbortSignal): Promise<Uint8Array>;
  /** The user's media host as it is set now; undefined where there is none. */
  host?(): Promise<MediaHost | undefined>;
  seal: Seal;
  /** Called between a post's intent and its request: see `openWitness`. */
  witness?(): Promise<void>;
  /** This process among the hosts of a store that several share; undefined where there is one. */
  presence?: Presence;
  /** May change while the engine runs: read where they are used. */
  settings: EngineSettings;
  /** Told of everything that people or machines may want to hear about. */
  emit(event: EngineEvent): void;
}

export interface Registry {
  platform(id: PlatformId): Platform | undefined;
  service(id: PlatformId): Service | undefined;
  source(kind: string): Source | undefined;
}

export interface EngineSettings {
  retry: RetryPolicy;
  /** Jobs that may run at once over all lanes. */
  concurrency: number;
  pollIntervalMs: number;
  /** How often views and likes of young posts are read; undefined: never. */
  numbersEveryMs?: number;
}

export type EngineEvent =
  | { kind: 'poll'; source: SourceRow; found: number; fresh: number }
  | { kind: 'poll-failed'; source: SourceRow; message: string }
  | {
      kind: 'video';
      source: SourceRow;
      videoId: number;
      remoteId: string;
      jobs: number;
      skipped: readonly { rule: string; why: string }[];
    }
  /** Said before the jobs are made. */
  | { kind: 'catch-up'; source: SourceRow; rule: string; missed: number; taken: number }
  | ({ kind: 'backfill'; rule: string } & BackfillSum)
  | { kind: 'job-started'; job: JobView }
  /** `preparing`: the file is made to fit, in parts of 1. `sending`: in bytes. */
  | { kind: 'job-progress'; job: JobView; phase: 'preparing' | 'sending'; done: number; total: number }
  /** One request of a job and its answer, secrets masked: for logs at the level `debug`. */
  | { kind: 'exchange'; job: JobView; exchange: TracedExchange }
  | { kind: 'job-ended'; job: JobView }
  /** Something that its person should know; nothing failed. */
  | { kind: 'notice'; message: string }
  /** Something in the engine itself went wrong; the work goes on. */
  | { kind: 'trouble'; message: string; failure?: Failure }
  | { kind: 'login-needed'; account: Account; message: string };
