import type { Grant } from '../core/account.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpRequest } from '../core/http.ts';

/**
 * The one place that names the version. v26.0 came on 2026-07-29; a version lives about two years.
 * https://developers.facebook.com/docs/graph-api/changelog
 */
export const graphVersion = 'v26.0';

const graphOrigin = 'https://graph.facebook.com';
const ruploadOrigin = 'https://rupload.facebook.com';

/** Base of every Graph API address. */
export const graph = `${graphOrigin}/${graphVersion}`;

/** What Meta's platforms name in their code by Facebook Login. */
export const metaOrigins = ['https://www.facebook.com', graphOrigin, ruploadOrigin] as const;

/**
 * Asks for the person's own token where the Page's is the rule: `authorize` puts the real one in its place.
 * Object reads by Page token failed for days in May 2026 while the person's token worked.
 */
export const asPerson = { authorization: 'person' } as const;

/**
 * Adds the token: the Page's, or the person's where asked for. Bytes go to rupload with the scheme `OAuth`.
 * Any other host gets none: addresses come out of answers, and a token must never follow one elsewhere.
 */
export function authorizeMeta(request: HttpRequest, grant: Grant): HttpRequest {
  const { origin } = new URL(request.url);
  const person = request.headers?.['authorization'] === asPerson.authorization;
  const token = (person ? undefined : grant.extra?.['pageToken']) ?? grant.accessToken;
  if (origin !== graphOrigin && origin !== ruploadOrigin)
    throw new Failure('E_BAD_ANSWER', {
      message: `Meta named an address on ${origin}, which gets no token; nothing was sent.`,
      certain: true,
    });
  const scheme = origin === ruploadOrigin ? 'OAuth' : 'Bearer';
  return { ...request, headers: { ...request.headers, authorization: `${scheme} ${token}` } };
}

/**
 * Reads some fields of one object. Undefined where Graph says that it can't be read (100/33, 803): right after
 * its creation, and during Meta's faults, that is said of objects that are there. Asks a second time with the
 * person's token before it says so.
 */
export async function readObject<T>(http: Http, id: string, fields: string): Promise<T | undefined> {
  const request: HttpRequest = { url: `${graph}/${id}`, query: { fields }, call: 'read' };
  try {
    return (await http.send(request)).json<T>();
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'E_UNREADABLE') throw error;
  }
  try {
    return (await http.send({ ...request, headers: asPerson })).json<T>();
  } catch (error) {
    // The person's token may be dead while the Page's lives on: that is no reason to stop the account.
    if (error instanceof Failure && (error.code === 'E_UNREADABLE' || error.kind === 'login'))
      return undefined;
    throw error;
  }
}

/** Instants come as `2026-11-20T10:15:30+0000`, sometimes as Unix seconds. Epoch ms; undefined where unreadable. */
export function graphTime(value: unknown): number | undefined {
  if (typeof value === 'number') return value * 1000;
  if (typeof value !== 'string') return undefined;
  if (/^\d{9,11}$/u.test(value)) return Number(value) * 1000;
  const at = Date.parse(value.replace(/([+-]\d{2})(\d{2})$/u, '$1:$2'));
  return Number.isNaN(at) ? undefined : at;
}

interface Page<T> {
  data?: T[];
  paging?: { cursors?: { after?: string }; next?: string };
}

/**
 * Follows a list by its cursor, item by item. `paging.next` has the token in it, so it is never sent as it
 * stands, only taken as the sign that there is more. Stops after `pages` pages: `cut` is then true.
 */
export async function listAll<T>(
  http: Http,
  request: HttpRequest,
  pages: number,
  wanted: (item: T) => boolean = () => true,
): Promise<{ items: T[]; cut: boolean }> {
  const items: T[] = [];
  let after: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const response = await http.send({ ...request, query: { ...request.query, after } });
    const { data = [], paging } = response.json<Page<T>>();
    for (const item of data) {
      if (!wanted(item)) return { items, cut: false };
      items.push(item);
    }
    after = paging?.cursors?.after;
    if (!paging?.next || !after) return { items, cut: false };
  }
  return { items, cut: true };
}

/** True where two texts are the same for a reader: whitespace and composed letters aside. */
export function sameText(one: string, other: string): boolean {
  return readable(one) === readable(other);
}

function readable(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/**
 * Nothing in Meta's API tells whether a post is seen by others than the people of an app in development mode:
 * https://developers.facebook.com/docs/development/build-and-test/app-modes
 */
export const audienceUntold =
  'Meta’s API does not tell who sees a post. Open this first one where you are not signed in: if it is not there, the Meta app is in development mode; switch it to Live in Meta’s developer console.';
