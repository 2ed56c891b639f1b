import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import { Failure } from '../core/failure.ts';
import type { Filter } from '../core/filter.ts';
import type { Timing } from '../core/timing.ts';
import { ruleSchema } from './rule-schema.ts';

/** One rule as it stands in a file. */
export interface RuleEntry {
  name: string;
  from: string;
  to: (string | DestinationEntry)[];
  user?: string;
  media?: string[];
  caption?: string;
  title?: string;
  filter?: Filter;
  timing?: Timing;
  approve?: boolean;
  catchUp?: string;
  paused?: boolean;
  fit?: 'none' | 'remux' | 'transcode';
  tooLong?: 'skip' | 'trim';
  watermark?: 'refuse' | 'allow';
  backfill?: { count?: number; since?: string };
}

export interface DestinationEntry {
  account: string;
  caption?: string;
  title?: string;
  timing?: Timing;
  options?: Readonly<Record<string, string | number | boolean>>;
}

type Path = readonly (string | number)[];

/** A file of rules that was read and has the right shape. */
export interface RuleText {
  entries: RuleEntry[];
  document: Document;
  /** Runs what looks at one part of the file; what it refuses is said with file, line and column. */
  at<T>(path: Path, work: () => T): T;
  /** The same for work that takes time. */
  atLast<T>(path: Path, work: () => T | Promise<T>): Promise<T>;
}

/** Far more than a thousand rules need. */
const LARGEST_BYTES = 1_000_000;
const MOST_MISTAKES = 10;

/**
 * Reads rules from YAML or JSON. Throws E_RULE with each mistake’s line and column: bad YAML, another shape than
 * the schema’s, names that come twice.
 */
export function readRules(text: string, file: string): RuleText {
  if (text.length > LARGEST_BYTES) throw mistakes(file, [`it is larger than ${LARGEST_BYTES / 1000} kB`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw mistakes(
      file,
      document.errors.map(({ pos, message }) => `${place(lines, pos[0])}: ${message}`),
    );
  }
  const content = toPlain(document, file);
  const check = new Ajv2020({ allErrors: true, strict: false, verbose: true }).compile(ruleSchema());
  const placeOf = (path: Path) => place(lines, offsetOf(document, path));
  if (!check(content)) {
    throw mistakes(
      file,
      worst(check.errors ?? []).map((error) => `${placeOf(pathOf(error))}: ${sayMistake(error)}`),
    );
  }
  const { rules: entries } = content as { rules: RuleEntry[] };
  const placed = (path: Path, error: unknown): unknown => {
    if (!(error instanceof Failure)) return error;
    const message = `${file}:${placeOf(path)}: ${error.message}`;
    return new Failure(error.code, { message, hint: error.hint, cause: error });
  };
  const at = <T>(path: Path, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw placed(path, error);
    }
  };
  const atLast = async <T>(path: Path, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw placed(path, error);
    }
  };
  for (const [index, { name }] of entries.entries()) {
    if (entries.findIndex((entry) => entry.name === name) < index)
      throw mistakes(file, [`${placeOf(['rules', index, 'name'])}: there are two rules “${name}”`]);
  }
  return { entries, document, at, atLast };
}

/** References that multiply (a “billion laughs”) are refused by the parser. */
function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw mistakes(file, [error instanceof Error ? error.message : String(error)]);
  }
}

function mistakes(file: string, texts: readonly string[]): Failure {
  const shown = [...new Set(texts)].slice(0, MOST_MISTAKES);
  const more = texts.length > shown.length ? `\n  … and more` : '';
  return new Failure('E_RULE', {
    message:
      shown.length === 1 && more === ''
        ? `${file}:${shown[0]}`
        : `${file} has mistakes:\n${shown.map((text) => `  ${file}:${text}`).join('\n')}${more}`,
    hint: 'See docs/rules.md; repost rule schema prints what may stand where.',
    command: 'repost rule schema',
  });
}

function place(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}

/** Where a part stands; the nearest part around it, where it is missing. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(key)) : undefined;
    const node = (pair?.key ?? document.getIn(path.slice(0, length), true)) as
      | { range?: [number] }
      | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

function pathOf({ instancePath, keyword, params }: ErrorObject): Path {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/u.test(part) ? Number(part) : part));
  return keyword === 'additionalProperties' ? [...path, String(params['additionalProperty'])] : path;
}

/** Of alternatives that all fail, the errors that reach deepest tell what was meant. */
function worst(errors: readonly ErrorObject[]): ErrorObject[] {
  const telling = errors.filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'if');
  return telling.filter(
    ({ instancePath, keyword }) =>
      keyword === 'additionalProperties' ||
      !telling.some((other) => other.instancePath.startsWith(`${instancePath}/`)),
  );
}

function sayMistake({ keyword, params, message, instancePath, parentSchema }: ErrorObject): string {
  const name = instancePath.split('/').at(-1) ?? '';
  switch (keyword) {
    case 'additionalProperties': {
      const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
      return `there is no “${params['additionalProperty']}” here; known: ${known.join(', ')}`;
    }
    case 'required':
      return `“${params['missingProperty']}” is missing`;
    case 'enum':
      return `“${name}” is one of: ${(params['allowedValues'] as string[]).join(', ')}`;
    case 'const':
      return `“${name}” must be ${String(params['allowedValue'])}`;
    default:
      return `“${name || 'the file'}” ${message ?? 'is wrong'}`;
  }
}
