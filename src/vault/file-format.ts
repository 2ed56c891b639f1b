import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import type { Failure } from '../core/failure.ts';
import { vaultCorrupt, vaultUnreachable } from './failures.ts';

/*
 * The file's parts. A random data key encrypts the entries; the passphrase (through scrypt) or a raw key
 * (through HKDF) encrypts only the data key, so that a new passphrase touches no entry.
 */

/** What opens a vault file. */
export type Opener = { passphrase: string } | { key: Uint8Array };

type Kdf =
  | { name: 'scrypt'; N: number; r: number; p: number; salt: string }
  | { name: 'hkdf-sha256'; salt: string };

export interface VaultFile {
  /** Belongs to the data key: whoever holds the key of this id needs no passphrase again. */
  id: string;
  kdf: Kdf;
  /** The data key, encrypted. */
  wrapped: string;
  /** Name → encrypted value. */
  entries: Map<string, string>;
  /** How many entries were set by lines behind the whole; an infinite number where the last of them was cut off. */
  lines: number;
}

const VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** 128 MiB and about a third of a second. The ceiling keeps a tampered file from asking for all memory. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 };
const SCRYPT_CEILING = { N: 2 ** 20, r: 8, p: 4 };

export async function createFile(opener: Opener): Promise<{ file: VaultFile; dataKey: Buffer }> {
  const dataKey = randomBytes(KEY_BYTES);
  const file = await wrap(
    { id: randomBytes(12).toString('hex'), entries: new Map(), lines: 0 },
    dataKey,
    opener,
  );
  return { file, dataKey };
}

/** The same file with its data key under another opener. */
export async function wrap(
  file: Pick<VaultFile, 'id' | 'entries' | 'lines'>,
  dataKey: Buffer,
  opener: Opener,
): Promise<VaultFile> {
  const salt = randomBytes(16).toString('base64url');
  const kdf: Kdf =
    'passphrase' in opener ? { name: 'scrypt', ...SCRYPT, salt } : { name: 'hkdf-sha256', salt };
  const wrapped = encrypt(await derive(kdf, opener), dataKey, keyContext(file.id, kdf));
  return { ...file, kdf, wrapped };
}

/** The data key; undefined where the opener is the wrong one. */
export async function unwrap(file: VaultFile, opener: Opener): Promise<Buffer | undefined> {
  return decrypt(await derive(file.kdf, opener), file.wrapped, keyContext(file.id, file.kdf));
}

/** The context holds the entry's name: entries can't be swapped. */
export function encryptEntry(dataKey: Buffer, name: string, value: string): string {
  return encrypt(dataKey, Buffer.from(JSON.stringify(value)), `${VERSION}|${name}`);
}

/** Undefined where the entry was damaged or belongs under another name. */
export function decryptEntry(dataKey: Buffer, name: string, sealed: string): string | undefined {
  const plain = decrypt(dataKey, sealed, `${VERSION}|${name}`);
  return plain === undefined ? undefined : (JSON.parse(plain.toString('utf8')) as string);
}

/** AES-256-GCM with a fresh random nonce: nonce, ciphertext and tag as one text. */
export function encrypt(key: Uint8Array, plain: Uint8Array, context: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  );
}

/** Undefined where key, context or text are not those of the encryption. */
export function decrypt(key: Uint8Array, sealed: string, context: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

export function formatFile(file: VaultFile): string {
  const { id, kdf, wrapped } = file;
  const entries = Object.fromEntries([...file.entries].sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ v: VERSION, id, kdf, wrapped, check: checkOf(file), entries }, null, 2)}\n`;
}

/** A line that sets an entry, behind the whole file: of thousands of entries one is renewed every second. */
export function formatLine(name: string, sealed: string): string {
  return `${JSON.stringify({ [name]: sealed })}\n`;
}

/** Sets what the lines behind the whole say. One that was cut off was never acknowledged. Throws what JSON throws. */
function readLines(text: string, file: VaultFile): VaultFile {
  const lines = text.split('\n');
  const rest = lines.pop();
  for (const line of lines) {
    for (const [name, sealed] of Object.entries(JSON.parse(line) as Record<string, string>))
      file.entries.set(name, sealed);
  }
  return { ...file, lines: rest === '' ? lines.length : Number.POSITIVE_INFINITY };
}

/** Where the whole file ends and lines begin. */
const END = '\n}\n';

/** Throws E_VAULT_CORRUPT. */
export function parseFile(text: string, path: string): VaultFile {
  const end = text.indexOf(END);
  const whole = end < 0 ? text : text.slice(0, end + END.length);
  const damaged = vaultCorrupt(
    `The vault’s file ${path} is damaged.`,
    'Put the file back from a backup; or move it away and sign in again.',
  );
  let parsed: Record<string, unknown> | null;
  try {
    parsed = JSON.parse(whole) as Record<string, unknown> | null;
  } catch {
    throw damaged;
  }
  if (typeof parsed !== 'object' || parsed === null) throw damaged;
  if (typeof parsed['v'] === 'number' && parsed['v'] > VERSION)
    throw vaultCorrupt(
      `The vault’s file ${path} was written by a newer repost.`,
      'Install that version again; nothing was changed.',
    );
  const { id, wrapped, kdf, check, entries } = parsed;
  if (typeof id !== 'string' || typeof wrapped !== 'string' || !isKdf(kdf)) throw damaged;
  if (typeof entries !== 'object' || entries === null) throw damaged;
  const pairs = Object.entries(entries) as [string, unknown][];
  if (!pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string')) throw damaged;
  const file: VaultFile = { id, kdf, wrapped, entries: new Map(pairs), lines: 0 };
  if (parsed['v'] !== VERSION || check !== checkOf(file)) throw damaged;
  try {
    return readLines(text.slice(whole.length), file);
  } catch {
    throw damaged;
  }
}

/** Tells a damaged file from a wrong passphrase, which the encryption alone can't. Not a secret. */
function checkOf({ id, kdf, wrapped }: Pick<VaultFile, 'id' | 'kdf' | 'wrapped'>): string {
  return createHash('sha256')
    .update(`${keyContext(id, kdf)}|${wrapped}`)
    .digest('hex');
}

function keyContext(id: string, kdf: Kdf): string {
  const cost = kdf.name === 'scrypt' ? `|${kdf.N}|${kdf.r}|${kdf.p}` : '';
  return `${VERSION}|data key|${id}|${kdf.name}${cost}|${kdf.salt}`;
}

export function isKdf(value: unknown): value is Kdf {
  if (typeof value !== 'object' || value === null) return false;
  const kdf = value as Record<string, unknown>;
  if (typeof kdf['salt'] !== 'string') return false;
  if (kdf['name'] === 'hkdf-sha256') return true;
  const fits = (key: 'N' | 'r' | 'p') => {
    const cost = kdf[key];
    return typeof cost === 'number' && Number.isInteger(cost) && cost >= 1 && cost <= SCRYPT_CEILING[key];
  };
  return kdf['name'] === 'scrypt' && fits('N') && fits('r') && fits('p');
}

function derive(kdf: Kdf, opener: Opener): Promise<Buffer> {
  const salt = Buffer.from(kdf.salt, 'base64url');
  const secret = 'passphrase' in opener ? Buffer.from(opener.passphrase.normalize('NFC')) : opener.key;
  if (kdf.name === 'hkdf-sha256')
    return Promise.resolve(Buffer.from(hkdfSync('sha256', secret, salt, 'repost vault', KEY_BYTES)));
  const { N, r, p } = kdf;
  return new Promise((resolve, reject) => {
    // scrypt needs 128 · N · r bytes; Node refuses beyond 32 MiB unless told.
    scrypt(secret, salt, KEY_BYTES, { N, r, p, maxmem: 128 * N * r + 128 * 2 ** 20 }, (error, key) =>
      error ? reject(noMemory(N, r)) : resolve(key),
    );
  });
}

function noMemory(N: number, r: number): Failure {
  return vaultUnreachable(
    'The vault’s key could not be derived from its passphrase.',
    `It takes ${(128 * N * r) / 2 ** 20} MiB of memory for a moment; give the machine that much.`,
  );
}
