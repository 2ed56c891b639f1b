import { createHash, randomBytes } from 'node:crypto';

/*
 * How a value lies in a keychain. Windows' Credential Manager takes 2,560 bytes an item
 * (CRED_MAX_CREDENTIAL_BLOB_SIZE, https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw),
 * keytar cuts at a NUL and refuses the empty text. So a value becomes JSON in pure ASCII. Where that is too long,
 * it is cut into numbered parts of a generation of their own, and the head item names the generation: until
 * the head is switched, readers see the old value whole.
 */
const ITEM_BYTES = 2_000;

export type Head =
  | { v: 1; value: string }
  /** `sha256` is that of the joined parts. */
  | { v: 1; generation: string; parts: number; sha256: string };

export interface ItemsOf {
  head: string;
  /** Account name and text of each part, in order. */
  parts: readonly (readonly [string, string])[];
}

export function partAccount(name: string, generation: string, index: number): string {
  return `part/${generation}/${index}/${name}`;
}

/**
 * Where a write in parts notes what it is about to leave, since items can't be listed (see Keytar): a later
 * write or removal clears away the parts of one that was cut off.
 */
export function markAccount(name: string): string {
  return `part/mark/${name}`;
}

export function itemsOf(name: string, value: string): ItemsOf {
  const whole = ascii({ v: 1, value } satisfies Head);
  if (whole.length <= ITEM_BYTES) return { head: whole, parts: [] };
  const text = ascii(value);
  const generation = randomBytes(6).toString('hex');
  const parts: (readonly [string, string])[] = [];
  for (let start = 0; start < text.length; start += ITEM_BYTES)
    parts.push([partAccount(name, generation, parts.length), text.slice(start, start + ITEM_BYTES)]);
  return {
    head: ascii({ v: 1, generation, parts: parts.length, sha256: digest(text) } satisfies Head),
    parts,
  };
}

/** Undefined where the item is not one of ours, or damaged. */
export function parseHead(text: string): Head | undefined {
  const head = parseJson(text) as Record<string, unknown> | null | undefined;
  if (typeof head !== 'object' || head === null || head['v'] !== 1) return undefined;
  const { value, generation, parts, sha256 } = head;
  if (typeof value === 'string') return { v: 1, value };
  if (typeof generation !== 'string' || typeof sha256 !== 'string') return undefined;
  if (typeof parts !== 'number' || !Number.isInteger(parts) || parts < 1) return undefined;
  return { v: 1, generation, parts, sha256 };
}

/** Undefined where a part is missing or the parts are not those that the head speaks of. */
export function joinParts(
  head: Extract<Head, { generation: string }>,
  parts: readonly (string | null)[],
): string | undefined {
  const text = parts.join('');
  if (parts.includes(null) || digest(text) !== head.sha256) return undefined;
  const value = parseJson(text);
  return typeof value === 'string' ? value : undefined;
}

/** A damaged mark names nothing to clear. */
export function parseMark(text: string): { at: number; head: string } {
  const mark = parseJson(text) as { at?: unknown; head?: unknown } | null | undefined;
  const { at, head } = mark ?? {};
  return { at: typeof at === 'number' ? at : 0, head: typeof head === 'string' ? head : '' };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function ascii(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
