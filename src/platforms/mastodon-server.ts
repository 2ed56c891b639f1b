import type { Account } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { DAY } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';

/** What a server says of itself. Kept among the account's settings, as `server`. */
export interface ServerFacts {
  /** Domain that account names end in: not always the host that is asked. */
  domain: string;
  version: string;
  /**
   * True for Mastodon and what is built from its code: such a server is known to honour Idempotency-Key, to keep
   * ids of media and to convert videos. Others that speak its language are taken at their word for nothing.
   */
  genuine: boolean;
  maxCharacters: number;
  /** What each link counts, however long it is. */
  urlCharacters: number;
  /** Most characters of a description. */
  altCharacters: number;
  maxVideoBytes: number;
  /** Width × height. */
  maxVideoPixels?: number;
  maxFrameRate?: number;
  /** Media types that are taken; absent where the server doesn't tell. */
  mimeTypes?: readonly string[];
  /** Epoch ms. */
  readAt: number;
}

/** Admins change limits, and updates do: https://github.com/mastodon/mastodon/pull/23726 */
const FACTS_LAST_MS = DAY;

/** Of servers that keep theirs to themselves: Mastodon's own, before 4.2. https://docs.joinmastodon.org/entities/V1_Instance/ */
const quiet = { maxCharacters: 500, urlCharacters: 23, altCharacters: 1500, maxVideoBytes: 41_943_040 };

/** `mastodon.social`, its address, or an account on it, as the person wrote it → the host. Throws E_USAGE. */
export function hostOf(written: string): string {
  const text = written.trim().toLowerCase();
  const name = /^https?:\/\//u.test(text) ? text : `https://${text.replace(/^@?[^@/]*@/u, '')}`;
  if (URL.canParse(name)) {
    const { host, hostname } = new URL(name);
    if (/^[^.]+(\.[^.]+)+$|^localhost$/u.test(hostname)) return host;
  }
  throw new Failure('E_USAGE', {
    message: `“${written}” is not the address of a server.`,
    hint: 'Give its host, such as --server mastodon.social.',
  });
}

/** The origin of an account's own server: the one place that its token goes to. */
export function originOf({ settings, account }: Account): string {
  const { host } = settings;
  if (typeof host === 'string' && host !== '') return `https://${host}`;
  throw new Failure('E_LOGIN_NEEDED', {
    message: `It is not known which server ${account} is on.`,
    command: 'repost login mastodon --server HOST',
  });
}

/** The server's own id of the account. Two servers may give the same one, so its host is added for us. */
export function idOf({ remoteId }: Pick<Account, 'remoteId'>): string {
  const at = remoteId.lastIndexOf('@');
  return at < 0 ? remoteId : remoteId.slice(0, at);
}

/** What is known of the account's server; a quiet one's where nothing is. */
export function factsOf(settings: Readonly<Record<string, unknown>>): ServerFacts {
  const known = settings['server'];
  if (typeof known === 'object' && known !== null) return known as ServerFacts;
  return { domain: '', version: '', genuine: false, readAt: 0, ...quiet };
}

/** Asks a server about itself. Throws E_USAGE where nothing there speaks Mastodon’s language. */
export async function readServer(http: Http, host: string, clock: Clock): Promise<ServerFacts> {
  const answer = (await ask(http, `https://${host}/api/v2/instance`)) ??
    // Before 4.0, and on many others: https://docs.joinmastodon.org/methods/instance/#v1
    (await ask(http, `https://${host}/api/v1/instance`)) ?? { version: undefined };
  const { version } = answer;
  if (typeof version === 'string') return factsIn(answer, version, host, clock);
  throw new Failure('E_USAGE', {
    message: `Nothing at ${host} speaks Mastodon’s language.`,
    hint: 'Give the address where you sign in in the browser, such as --server mastodon.social.',
  });
}

/** Facts to keep instead of those that have grown old; undefined while they are young, or can’t be had now. */
export async function fresherServer({
  http,
  account,
  clock,
}: {
  http: Http;
  account: Account;
  clock: Clock;
}): Promise<{ server: ServerFacts } | undefined> {
  const { readAt } = factsOf(account.settings);
  const age = clock.now() - readAt;
  if (readAt > 0 && age >= 0 && age < FACTS_LAST_MS) return undefined;
  try {
    return { server: await readServer(http, new URL(originOf(account)).host, clock) };
  } catch (error) {
    // Old facts are better than no post: what no longer fits is refused, and says so.
    if (error instanceof Failure && readAt > 0) return undefined;
    throw error;
  }
}

async function ask(http: Http, url: string): Promise<Record<string, unknown> | undefined> {
  const response = await http.send({ url, call: 'instance', accept: [400, 404, 405], authorize: false });
  if (response.status !== 200) return undefined;
  let answer: unknown;
  try {
    answer = response.json();
  } catch {
    return undefined;
  }
  return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : undefined;
}

/** https://docs.joinmastodon.org/entities/Instance/ and …/V1_Instance/; two fields are Pleroma’s. */
function factsIn(
  answer: Readonly<Record<string, unknown>>,
  version: string,
  host: string,
  clock: Clock,
): ServerFacts {
  const configuration = partOf(answer['configuration']);
  const statuses = partOf(configuration['statuses']);
  const media = partOf(configuration['media_attachments']);
  const domain = answer['domain'] ?? answer['uri'];
  const pixels = count(media['video_matrix_limit']);
  const rate = count(media['video_frame_rate_limit']);
  const types = media['supported_mime_types'];
  return {
    domain: typeof domain === 'string' && domain !== '' ? bareDomain(domain) : host,
    version,
    genuine: isGenuine(version),
    maxCharacters:
      count(statuses['max_characters']) ?? count(answer['max_toot_chars']) ?? quiet.maxCharacters,
    urlCharacters: count(statuses['characters_reserved_per_url']) ?? quiet.urlCharacters,
    altCharacters: count(media['description_limit']) ?? quiet.altCharacters,
    maxVideoBytes: count(media['video_size_limit']) ?? count(answer['upload_limit']) ?? quiet.maxVideoBytes,
    ...(pixels === undefined ? {} : { maxVideoPixels: pixels }),
    ...(rate === undefined ? {} : { maxFrameRate: rate }),
    ...(Array.isArray(types) ? { mimeTypes: types.filter((type) => typeof type === 'string') } : {}),
    readAt: clock.now(),
  };
}

/**
 * Others name the version of Mastodon that they imitate and themselves behind it, `2.7.2 (compatible; Pixelfed
 * 0.12)`, or count from 0 on their own; forks of its code add a tail, `4.3.0+glitch`.
 */
function isGenuine(version: string): boolean {
  return /^[3-9]\.\d+\.\d+[\w.+-]*$/u.test(version) && !/hollo|pixelfed|pleroma|akkoma/iu.test(version);
}

function partOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : undefined;
}

/** Some servers give their whole address as `uri`. */
function bareDomain(text: string): string {
  return text.replace(/^https?:\/\//u, '').replace(/\/.*$/u, '');
}
