import { userInfo } from 'node:os';

/** Values that depend on this machine, or on how long something took. */
const CHANGING =
  /(?:Seconds|Ms|Bytes|bytes|pid|port|timeZone|median|p95|longest|responseBody|date|eTag|etag|content-length)$/u;

/** A long list is known by its first entries. */
const MANY = 4;

/**
 * An answer without what differs from one run to the next: instants, ids made by chance, this machine’s folders, lengths of
 * time. What is left is what the answer means and how it is built.
 */
export function steady(value: unknown, home: string, key = ''): unknown {
  if (value !== null && typeof value !== 'object' && CHANGING.test(key)) return `<${typeof value}>`;
  if (typeof value === 'string') return steadyText(value, home);
  if (Array.isArray(value)) {
    const shown = value.slice(0, MANY).map((one) => steady(one, home, key));
    return value.length > MANY ? [...shown, '<and more>'] : shown;
  }
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        key === 'attempts' && name === 'id' ? '<number>' : steady(inner, home, name),
      ]),
    );
  return value;
}

const steadyText = (text: string, home: string): string =>
  text
    .replaceAll(home, '<home>')
    .replaceAll(`cli:${userInfo().username}`, 'cli:<user>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)/gu, '<instant>')
    .replaceAll(/\d{4}-\d\d-\d\d(?:T\d{6}\.\d+Z| \d\d:\d\d)?/gu, '<day>')
    // The ids of TikTok and X tell the time.
    .replaceAll(/\b\d{18,20}\b/gu, '<id>')
    .replaceAll(/\brpt_\w+_[\w-]+/gu, '<token>')
    .replaceAll(/\b(?=[a-f]*\d)[\da-f]{12,64}\b/gu, '<id>');
