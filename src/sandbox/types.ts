import type { Clock } from '../core/clock.ts';
import type { PlatformId } from '../core/names.ts';

/** One request as a simulator sees it: already mapped back to the production origin. */
export interface SimRequest {
  /** Production origin: `https://api.x.com`. */
  origin: string;
  method: string;
  /** Path without query. */
  path: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** What arrived. Less than Content-Length says where the connection broke: see `complete`. */
  body: Buffer;
  complete: boolean;
}

/** What a simulator answers. */
export interface SimResponse {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON. */
  body?: string | Buffer | object;
}

/** An answer as it goes over the wire. */
export interface SimAnswer {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** A post as a viewer of the platform sees it: what the feeds page plays and the tests count. */
export interface SimPost {
  platform: PlatformId;
  /** The platform's id of the account it appeared on. */
  accountId: string;
  id: string;
  url: string;
  text: string;
  title?: string;
  /** SHA-256 of the video's bytes, as received. */
  sha256: string;
  bytes: number;
  /** False where only its owner sees it (private, self only). */
  visible: boolean;
  publishedAt: number;
  /** Anything else worth showing or checking (privacy, tags …). */
  facts?: Readonly<Record<string, unknown>>;
}

/** A developer app that is registered with a simulated platform. */
export interface SimApp {
  clientId: string;
  clientSecret: string;
  redirectUris: readonly string[];
  /** Platform-specific settings (`testing: true`, `audited: false`, `confidential: true`). */
  settings: Record<string, unknown>;
}

/** A person with accounts, who can be asked for consent. */
export interface SimAccount {
  id: string;
  handle: string;
  name: string;
  settings: Record<string, unknown>;
}

/** What is simulated: a platform, or the places where a user keeps videos for platforms to fetch. */
export type SimPlace = PlatformId | 'bucket';

/** What the sandbox lends to every simulator. */
export interface World {
  clock: Clock;
  /** Seeded. */
  random(): number;
  /** A fresh token or id: `prefix` + random characters of the given alphabet. */
  token(prefix: string, length?: number): string;
  /** A fresh decimal id of 19 digits, growing with time. */
  snowflake(): string;
  /** Keeps the bytes of an uploaded video so that the feeds page can play it; gives its SHA-256 in hex. */
  keepMedia(bytes: Buffer): string;
  /** Bytes that were kept, by their SHA-256 in hex. */
  media(sha256: string): Buffer | undefined;
  app(platform: PlatformId, clientId: string): SimApp | undefined;
  apps(platform: PlatformId): SimApp[];
  accounts(platform: PlatformId): SimAccount[];
  /** Notes a breach of the platform's rules by the client (a request no real server would understand): tests fail on any. */
  complain(platform: SimPlace, what: string): void;
  /**
   * A request of the platform's own, as its crawler makes to somebody's server: to a simulated address, and to
   * no other. Undefined where nobody answers there. No fault befalls it.
   */
  fetch(request: Pick<SimRequest, 'method' | 'headers'> & { url: string }): Promise<SimAnswer | undefined>;
}

/** One simulated platform: the worst legal version of the real one. */
export interface Simulator {
  readonly platform: SimPlace;
  /** Production origins that it stands in for. */
  readonly origins: readonly string[];
  /**
   * Where two simulators stand in for one origin (Graph API hosts): true for the requests that this one
   * answers. Absent: all of them.
   */
  takes?(request: SimRequest): boolean;
  handle(request: SimRequest): SimResponse | Promise<SimResponse>;
  /** Posts on the platform, newest first. For a source: its videos. */
  posts(): SimPost[];
  /**
   * Levers of this platform, each a function of one JSON value, reachable over the control address:
   * switch a quirk on, publish a video on TikTok, end a token.
   */
  readonly controls: Readonly<Record<string, (input: unknown) => unknown>>;
}

export type SimulatorFactory = (world: World) => Simulator;
