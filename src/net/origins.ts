import { readFileSync } from 'node:fs';
import { Failure } from '../core/failure.ts';

/**
 * Swaps the origin of production addresses, so that a sandbox can stand in for every platform.
 * Applied in one place per kind: requests by the transport, the browser's and yt-dlp's address by their caller.
 */
export interface OriginMap {
  /** True where there is something to swap: every command says so once. */
  readonly active: boolean;
  /** Production origin → replacement, as given. */
  readonly entries: ReadonlyMap<string, string>;
  /** The address to really ask. Path, query and fragment are kept; unmapped addresses stay as they are. */
  map(url: string): string;
  /** Back again, for showing. */
  unmap(url: string): string;
}

/** The map that swaps nothing. */
export const noOrigins: OriginMap = originMap({});

/** Reads the file that REPOST_ORIGINS names. Throws Failure E_ORIGINS with the line of what is wrong. */
export function loadOrigins(path: string | undefined): OriginMap {
  if (path === undefined || path === '') return noOrigins;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Failure('E_ORIGINS', { message: `The origins map ${path} can’t be read (${code}).` });
  }
  return originMap(readTable(path, text));
}

/** A map from a table of production origin → replacement (an origin, with or without a path). */
export function originMap(table: Readonly<Record<string, string>>): OriginMap {
  const entries = new Map(
    Object.entries(table).map(([from, to]) => [new URL(from).origin, to.replace(/\/+$/, '')]),
  );
  // The longest replacement first: one may be the beginning of another.
  const back = [...entries].sort(([, a], [, b]) => b.length - a.length);
  return {
    active: entries.size > 0,
    entries,
    map(url) {
      if (entries.size === 0) return url;
      const parsed = parse(url);
      const to = parsed && entries.get(parsed.origin);
      return parsed && to !== undefined ? to + parsed.pathname + parsed.search + parsed.hash : url;
    },
    unmap(url) {
      for (const [from, to] of back) {
        if (url === to) return from;
        if (url.startsWith(to) && /[/?#]/.test(url.charAt(to.length))) return from + url.slice(to.length);
      }
      return url;
    },
  };
}

function readTable(path: string, text: string): Record<string, string> {
  let table: unknown;
  try {
    table = JSON.parse(text);
  } catch (error) {
    const position = /at position (\d+)/.exec(String(error))?.[1];
    throw wrong(path, lineOf(text, position === undefined ? text.length : Number(position)), 'is not JSON');
  }
  if (typeof table !== 'object' || table === null || Array.isArray(table))
    throw wrong(path, 1, 'must be an object of production origin → replacement');
  const result: Record<string, string> = {};
  for (const [from, to] of Object.entries(table)) {
    const line = lineOf(text, Math.max(0, text.indexOf(JSON.stringify(from))));
    const source = parse(from);
    if (!isWeb(source) || source.pathname !== '/' || source.search !== '' || source.hash !== '')
      throw wrong(path, line, `${JSON.stringify(from)} is not an origin such as "https://api.example.com"`);
    const target = typeof to === 'string' ? parse(to) : undefined;
    if (typeof to !== 'string' || !isWeb(target) || target.search !== '' || target.hash !== '')
      throw wrong(path, line, `the replacement of ${from} is not an http or https address`);
    result[from] = to;
  }
  return result;
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

function isWeb(url: URL | undefined): url is URL {
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

function wrong(path: string, line: number, what: string): Failure {
  return new Failure('E_ORIGINS', { message: `${path}, line ${line}: ${what}.` });
}
