import type { Clock } from '../core/clock.ts';
import type { CredentialRow, Store } from '../store/types.ts';
import type { TellMetrics } from './metrics-route.ts';

export type Role = CredentialRow['role'];

/** Who asks. `user` null: sees everybody's things. */
export interface Caller {
  /** Of its credential; what is counted and remembered for it hangs on this. */
  id: string;
  kind: 'token' | 'session';
  user: string | null;
  role: Role;
  /** For sessions: what a changing request must repeat. */
  csrf: string | null;
}

/** What the engine or a command does for a request; `input` is given as standard input. */
export interface Deed {
  name: string;
  options?: Readonly<Record<string, unknown>>;
  args?: readonly (string | readonly string[])[];
  input?: string;
  /** The first argument is the name of a new file in this folder of the home. */
  folder?: 'backups';
}

/** Something that changed, for those who listen. `user` null: concerns all. */
export interface Change {
  event: string;
  user: string | null;
  data: Readonly<Record<string, unknown>>;
}

/** What the server is given. It may use core and store only; everything else comes through here. */
export interface WebDeps {
  store: Store;
  clock: Clock;
  version: string;
  /** True once what was in flight has been recovered. */
  isReady(): boolean;
  /** Does what a command does, within what this user sees (null: everything), and gives what its --json prints. */
  perform(user: string | null, deed: Deed): Promise<unknown>;
  /** Told of all that changes; gives the end of it. */
  listen(listener: (change: Change) => void): () => void;
  /** Key that approval links are signed with. */
  linkKey(): Promise<Buffer>;
  /** Told of what broke inside, for the log of this machine. */
  complain(error: unknown): void;
  /** What `/metrics` answers; the address is unknown where this is missing. */
  metrics?: TellMetrics;
  /** The zone that times are shown in (IANA). */
  timeZone(): string;
  /** A small still picture of the cached file with this content, JPEG; undefined where none can be had. */
  coverOf(sha256: string): Promise<Buffer | undefined>;
  /** Where files that the pages need lie (the API's browsable description). */
  assets: string;
  /** True where answers go out over TLS, here or at a proxy. */
  secure: boolean;
}
