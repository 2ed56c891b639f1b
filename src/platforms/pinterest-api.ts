/** Where people allow an app. */
export const siteOrigin = 'https://www.pinterest.com';
export const apiOrigin = 'https://api.pinterest.com';
/** https://developers.pinterest.com/docs/developer-tools/sandbox/ */
export const sandboxOrigin = 'https://api-sandbox.pinterest.com';

/** Address of a call of the API v5; `path` without a leading slash. */
export function v5(path: string, options: Readonly<Record<string, unknown>> = {}): string {
  return `${options['sandbox'] === true ? sandboxOrigin : apiOrigin}/v5/${path}`;
}

export function pinUrl(id: string): string {
  return `${siteOrigin}/pin/${encodeURIComponent(id)}/`;
}

/** Pinterest writes instants without a zone and means UTC. Epoch ms; undefined where unreadable. */
export function timeOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const at = Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/u.test(text) ? text : `${text}Z`);
  return Number.isNaN(at) ? undefined : at;
}
