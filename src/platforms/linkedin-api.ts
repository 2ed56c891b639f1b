import type { Account } from '../core/account.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';

export const apiOrigin = 'https://api.linkedin.com';
export const siteOrigin = 'https://www.linkedin.com';

/**
 * The API's version that this client speaks. There is a new one each month, each lives for a year at least, and
 * none is taken where none is named: https://learn.microsoft.com/en-us/linkedin/marketing/versioning
 */
export const apiVersion = '202607';

/** A request to the versioned API; `path` without the leading `/rest/`. */
export function rest(path: string, request: Omit<HttpRequest, 'url'> = {}): HttpRequest {
  return {
    ...request,
    url: `${apiOrigin}/rest/${path}`,
    headers: {
      'linkedin-version': apiVersion,
      'x-restli-protocol-version': '2.0.0',
      ...request.headers,
    },
  };
}

/** A URN as a part of a path: every colon encoded, or it is answered with 400. */
export function inPath(urn: string): string {
  return encodeURIComponent(urn);
}

export function isPage({ remoteId }: Pick<Account, 'remoteId'>): boolean {
  return remoteId.startsWith('urn:li:organization:');
}

/**
 * True where the account's posts may be listed. The right for pages comes with the one to post; the one for
 * members is given to few apps, so that most can post and never look.
 */
export function mayRead(account: Pick<Account, 'remoteId' | 'scopes'>): boolean {
  return account.scopes.includes(isPage(account) ? 'r_organization_social' : 'r_member_social');
}

const postUrn = /urn:li:(?:share|ugcPost):\d+/u;

/** The id of a post that was made: it stands in a header only, the body is empty. */
export function createdUrn({ headers }: HttpResponse): string | undefined {
  const told = headers['x-restli-id'] ?? headers['x-linkedin-id'] ?? '';
  return postUrn.exec(told.replaceAll(/%3a/giu, ':'))?.[0];
}

/** The post that a sentence of LinkedIn's names. */
export function urnIn(text: string): string | undefined {
  return postUrn.exec(text)?.[0];
}

export function postUrl(urn: string): string {
  return `${siteOrigin}/feed/update/${urn}/`;
}
