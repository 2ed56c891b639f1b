import type { Account, AccountRequest, App, Grant, Identity } from './account.ts';
import type { Clock } from './clock.ts';
import type { Failure } from './failure.ts';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import type { Costs, Limit, LimitReading } from './limit.ts';
import type { FrameWish, MediaFile, MediaRules } from './media.ts';
import type { PlatformId } from './names.ts';
import type { NumberReader } from './numbers.ts';
import type { FittedText, TextInput } from './text.ts';
import type { Video } from './video.ts';

// ---------------------------------------------------------------- signing in

/** The loopback address that a platform will send the browser back to. */
export interface RedirectRule {
  /**
   * Default redirect address. `*` as port: any free one. `https:` is served with a certificate made on the
   * spot, and the pasted address is accepted at the same time.
   */
  uri: string;
  /** True where the address must be registered in the platform's console exactly as written. */
  registered: boolean;
}

export interface AuthorizeRequest {
  app: App;
  redirectUri: string;
  state: string;
  /** PKCE challenge in the platform's spelling; undefined where it has no PKCE. */
  challenge?: string;
  scopes: readonly string[];
  /** The account's handle, when one is renewed or was named. */
  loginHint?: string;
  /** What `prepare` gave. */
  prepared?: Readonly<Record<string, string>>;
}

export interface ExchangeRequest {
  http: Http;
  app: App;
  clock: Clock;
  code: string;
  redirectUri: string;
  verifier: string;
  /** All that came back to the redirect address. */
  callback: URLSearchParams;
  prepared?: Readonly<Record<string, string>>;
}

export interface RefreshRequest {
  http: Http;
  app: App;
  clock: Clock;
  grant: Grant;
  account: Account;
}

/** Sign-in in the browser. All requests by a plain Http without credentials. */
export interface OAuthSignIn {
  kind: 'oauth';
  redirect: RedirectRule;
  pkce: 'S256' | 'S256-hex' | 'none';
  scopes: readonly string[];
  /** Scopes without which nothing works; default all. */
  needed?: readonly string[];
  /** True where the app has a secret that must be given. Default true. */
  secret?: 'required' | 'optional' | 'none';
  /** False where nobody registers an app by hand. Default true. */
  ownApp?: boolean;
  /**
   * Where every server has an app of its own: what the person wrote (an address, an account) → the host that the
   * app is kept under. Throws E_USAGE.
   */
  hostOf?(written: string): string;
  /** Makes or finds the app, or pushes the request (PAR), before the address is built. */
  prepare?(request: {
    http: Http;
    clock: Clock;
    /** Server, handle or instance that the person named. */
    at?: string;
    /** The account's handle, when one is renewed or was named. */
    loginHint?: string;
    redirectUri: string;
    state: string;
    challenge?: string;
    scopes: readonly string[];
    app?: App;
  }): Promise<{ app: App; prepared: Record<string, string> }>;
  authorizeUrl(request: AuthorizeRequest): string;
  /** Code for tokens. Throws Failure E_LOGIN_CODE, E_CLIENT_INVALID, E_REDIRECT … */
  exchange(request: ExchangeRequest): Promise<Grant>;
  /**
   * A fresh grant from an old one. Throws Failure of kind `login` only for an `invalid_grant`-class answer;
   * everything else is transient and leaves the account alone. Absent: the tokens don't expire.
   */
  refresh?(request: RefreshRequest): Promise<Grant>;
  /** How long before expiry to refresh (ms). Default 10 minutes. */
  refreshAheadMs?: number;
  revoke?(request: RefreshRequest): Promise<void>;
  /** Where a person can get a token without the browser flow: takes the pasted token (`--token-stdin`). */
  fromToken?(request: { http: Http; app: App | undefined; clock: Clock; token: string }): Promise<Grant>;
}

/** Sign-in by a secret that the person pastes (bot token, app password). */
export interface TokenSignIn {
  kind: 'token';
  /** For the prompt: `bot token from @BotFather`. */
  what: string;
  fromToken(request: {
    http: Http;
    app: App | undefined;
    clock: Clock;
    token: string;
    /** Server or instance that the person named. */
    at?: string;
    /** The account that the secret belongs to, where the person named one. */
    handle?: string;
  }): Promise<Grant>;
  refresh?(request: RefreshRequest): Promise<Grant>;
  refreshAheadMs?: number;
  revoke?(request: RefreshRequest): Promise<void>;
}

export type SignIn = OAuthSignIn | TokenSignIn;

/** How one registers a developer app, or gets whatever else a sign-in needs. */
export interface Guide {
  /** The page to open first. */
  opens: string;
  steps: readonly string[];
  /** What reviews, audits and modes mean for one's own posts. */
  review: string;
}

/** What every platform has: who one is there, and how its API speaks. */
export interface Service {
  id: PlatformId;
  /** As people write it: `YouTube`. */
  name: string;
  guide?: Guide;
  /** Production origins that its code names, for the sandbox and the documents. */
  origins: readonly string[];
  signIn: SignIn;
  /** Further ways to sign in, chosen by a flag (`--app-password`). */
  otherSignIns?: Readonly<Record<string, SignIn>>;
  limits: readonly Limit[];
  costs: Costs;
  /** The accounts that a grant can act for. Http carries the grant. */
  identities(request: { http: Http; grant: Grant; app: App | undefined; clock: Clock }): Promise<Identity[]>;
  /** Adds credentials. Default: `Authorization: Bearer`. */
  authorize?(request: HttpRequest, grant: Grant, clock: Clock): HttpRequest | Promise<HttpRequest>;
  /** True where the answer asks for the same request with a new proof (DPoP nonce); may remember it. */
  wantsProof?(response: HttpResponse, request: HttpRequest): boolean;
  /**
   * True where errors come with HTTP 200: `classify` is then asked about 2xx answers too, except for statuses
   * that the request accepts by name.
   */
  failsWith200?: true;
  /** Reads this platform's error answer; undefined leaves it to the shared rule. */
  classify(response: HttpResponse, request: HttpRequest, clock: Clock): Failure | undefined;
  /** What an answer tells about limits. */
  readings?(response: HttpResponse, request: HttpRequest, clock: Clock): LimitReading[];
  /** Live limits, asked before bytes are spent; at most every few minutes. */
  readLimits?(request: AccountRequest): Promise<LimitReading[]>;
}

// ---------------------------------------------------------------- publishing

/** What a look-up after a lost answer says. */
export type LookUp<T> =
  | { found: T }
  /** Authoritatively not there (yet): after `settleMs` it may be sent again. */
  | 'absent'
  /** This platform can't tell: a person must. */
  | 'undecided';

export type InDoubt<T> =
  /** The same call again changes nothing. */
  | 'repeat'
  /** Nobody but a person can tell. */
  | 'ask'
  | ((sentAt: number) => Promise<LookUp<T>>);

export interface StepOptions {
  /** The result is a secret (an upload session's address): encrypted at rest with a key from the vault. */
  sealed?: boolean;
}

export interface Commit<T> {
  /** Sends the one request that makes the post visible; its result is small and survives JSON. */
  act: () => Promise<T>;
  /** What to do when an earlier sending may have landed. */
  inDoubt: InDoubt<T>;
  /** Overrides the platform's `settleMs`. */
  settleMs?: number;
}

/** The two verbs of publishing. Results must survive JSON. */
export interface Run {
  /** Repeatable work that leaves nothing a viewer sees. Done once; then its result comes from the journal. */
  step<T>(name: string, work: () => Promise<T>, options?: StepOptions): Promise<T>;
  /**
   * The one call that makes the post visible. Its intent is on disk before the request leaves, its result
   * after. A failure that is not `certain` takes the in-doubt path at the next run.
   */
  commit<T>(name: string, call: Commit<T>): Promise<T>;
  readonly jobId: number;
  /** When a step of this job was done (epoch ms); undefined where it was not. */
  doneAt(name: string): number | undefined;
}

export interface PublishRequest {
  run: Run;
  /** Bound to the account: credentials, limits, one token refresh after a 401. */
  http: Http;
  account: Account;
  video: Video;
  media: MediaFile;
  text: FittedText;
  /** The rule's options for this destination (privacy, notifySubscribers, shareToFeed …). */
  options: Readonly<Record<string, unknown>>;
  clock: Clock;
  progress(done: number, total: number): void;
  /**
   * Puts the file on the user's media host and gives its public address, for platforms that fetch. Inside the
   * step that uses it: the address runs out. Throws `later` (E_NO_HOST, E_HOST) where there is no working host.
   */
  publicUrl?(): Promise<string>;
  /** A picture of the file, as JPEG. Throws E_TOOL_MISSING, E_TOOL_FAILED. */
  frame?(wish: FrameWish): Promise<Uint8Array>;
  signal?: AbortSignal;
}

export interface Post {
  /** The platform's id: text. */
  id: string;
  /** Public address; null where the platform gave none (yet). */
  url: string | null;
  /** Whether it is seen by all whom the rule wished for, as the platform told after the upload; absent where it didn't. */
  audience?: 'as wished' | 'hidden';
  /** Something its person should know: `YouTube locked it private`. */
  warnings?: readonly string[];
}

/** One of the account's recent posts, as evidence for a person and for reconciliation. */
export interface RecentPost {
  id: string;
  url: string | null;
  text: string;
  publishedAt: number;
}

/** A place to publish to. */
export interface Platform extends Service {
  media: MediaRules;
  /** What this account's server takes, where servers differ; told by the account's settings alone. */
  mediaFor?(account: Account): MediaRules;
  /** Options a rule may set for this destination: name → what it does, with its values. */
  options: Readonly<
    Record<
      string,
      {
        title: string;
        values?: readonly string[];
        type: 'string' | 'boolean' | 'number';
        default?: string | boolean | number;
      }
    >
  >;
  /** Fits the text into the limits: pure, total, never over a limit, never a cut grapheme. */
  fit(input: TextInput): FittedText;
  /**
   * Facts of the account that change by themselves (its server's limits), to be kept among its settings;
   * undefined while those that are kept are young enough. Asked before a job's text and file are fitted.
   */
  readSettings?(request: AccountRequest): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** How long after a commit's sending a look-up may still miss it (ms). */
  settleMs: number;
  /** Name of the call that publishes (as in `costs`): its room is checked before bytes are spent. */
  publishCall?: string;
  /** What one whole post spends, bucket by bucket, where it is more than `publishCall` or hangs on the text. */
  costsOfPost?(text: FittedText): Readonly<Record<string, number>>;
  /** True where this account's videos are fetched from a public address: its person must set a media host. */
  needsHost?(account: Pick<Account, 'settings'>): boolean;
  /** Where its API doesn't tell who sees a post: what its person should look at once, after the first one. */
  audienceUntold?: string;
  /** How long a job may wait on this platform's processing or sign-in before it gives up (ms). */
  giveUpMs?: number;
  publish(request: PublishRequest): Promise<Post>;
  /** The account's recent posts, newest first; undefined where its rights don't let them be listed. */
  recent?(request: AccountRequest & { since: number }): Promise<RecentPost[] | undefined>;
  /** Views and likes of its posts, where the rights that publishing has give them for little. */
  numbers?: NumberReader;
}
