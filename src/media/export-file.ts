import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Entry } from 'yauzl';
import { openPromise } from 'yauzl';
import { Failure } from '../core/failure.ts';
import type { PastPost } from '../core/past-posts.ts';

/** One own post of TikTok's data export. */
export interface ExportedPost extends PastPost {
  /** Address of the file; undefined where the export has none or one that leads to a sign-in page. */
  link: string | undefined;
}

/** A data export, as far as it is of use here. */
export interface Export {
  /** Newest first. */
  posts: ExportedPost[];
  /** Whose it is, by user name without `@`, where it says so. */
  owner: string | undefined;
}

/** A large creator's export is some tens of MB; a forged archive would unpack without end. */
const LARGEST_JSON_BYTES = 256 * 1024 * 1024;
const MOST_ENTRIES = 10_000;
const MOST_POSTS = 100_000;

/** Hosts of the files, by their ends: the regions differ in the last part. */
export const fileHosts: readonly string[] = [
  '.tiktokv.com',
  '.tiktokv.eu',
  '.tiktokv.us',
  '.tiktokcdn.com',
  '.tiktokcdn-us.com',
  '.tiktokcdn-eu.com',
];

/**
 * The own posts in a data export of TikTok, as the ZIP that it comes in or as the JSON inside; newest first.
 * Reads every shape that was seen from 2021 to 2026, each by its own path only: the watch history has a list of
 * the same name with other people's videos. Throws Failure E_EXPORT.
 */
export async function readExport(path: string): Promise<Export> {
  const text = await readJsonText(path);
  let root: unknown;
  try {
    root = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw unreadable('its JSON is damaged', error);
  }
  const lists = ownPostPaths.map((keys) => at(root, keys));
  if (lists.every((list) => list === undefined) && !looksLikeExport(root))
    throw unreadable('the JSON in it is not TikTok’s');
  const items = lists.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  if (items.length > MOST_POSTS) throw unreadable('it holds too many posts');
  const posts = items.map(readPost).filter((post) => post !== undefined);
  return { posts: posts.sort((one, other) => other.postedAt - one.postedAt), owner: ownerOf(root) };
}

/** The profile's map stands in sections of several names. */
function ownerOf(root: unknown): string | undefined {
  for (const section of ['Profile', 'Profile And Settings'])
    for (const part of ['Profile Info', 'Profile Information']) {
      const name = at(root, [section, part, 'ProfileMap', 'userName']);
      if (typeof name === 'string' && /^[\w.]{1,64}$/u.test(name)) return name;
    }
  return undefined;
}

/** Where own posts stand: since 2025, and before. */
const ownPostPaths = [
  ['Post', 'Posts', 'VideoList'],
  ['Video', 'Videos', 'VideoList'],
] as const;

/** Sections of an export; one without posts has some of them all the same. */
const sections = [
  'Activity',
  'Your Activity',
  'Comment',
  'Profile',
  'Profile And Settings',
  'App Settings',
  'Post',
  'Video',
];

function looksLikeExport(root: unknown): boolean {
  return sections.some((section) => field(root, section) !== undefined);
}

/** A key whatever its case: sections differ in it. */
function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const found = Object.entries(value).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return found?.[1];
}

function at(root: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(field, root);
}

function readPost(item: unknown): ExportedPost | undefined {
  const postedAt = readDate(field(item, 'Date'));
  if (postedAt === undefined) return undefined;
  const title = field(item, 'Title');
  const links = readLinks(field(item, 'Link'));
  const isPicture = (link: string) => /\.(jpe?g|png|webp)$/i.test(new URL(link).pathname);
  const videos = links.filter((link) => !isPicture(link));
  return {
    postedAt,
    caption: typeof title === 'string' ? title : '',
    link: videos[0],
    photo: links.length > 0 && videos.length === 0,
    ...visibilityOf(field(item, 'WhoCanView')),
    ...aiLabelOf(field(item, 'AIGeneratedContent')),
  };
}

/** Words of other languages count as not public: nothing is published by mistake. */
function visibilityOf(value: unknown): Pick<ExportedPost, 'visibility'> {
  if (typeof value !== 'string' || value.trim() === '') return {};
  return { visibility: /^(everyone|public|public to everyone)$/iu.test(value.trim()) ? 'public' : 'other' };
}

function aiLabelOf(value: unknown): Pick<ExportedPost, 'aiGenerated'> {
  return value === 'Yes' || value === 'No' ? { aiGenerated: value === 'Yes' } : {};
}

/** `2026-11-21 09:00:00`, in some sections with ` UTC`: UTC in either case. */
function readDate(value: unknown): number | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?: ?UTC|Z)?$/.exec(String(value).trim());
  if (parts === null) return undefined;
  const [year = 0, month = 1, day = 1, hour, minute, second] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Photo posts have several, one a line or as a list. Sign-in pages and foreign hosts are no files. */
function readLinks(value: unknown): string[] {
  const texts = (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string');
  return texts.flatMap((text) => text.split(/\s+/)).filter(isFileLink);
}

function isFileLink(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname } = new URL(text);
  if (protocol !== 'https:' || pathname.startsWith('/share/') || pathname.startsWith('/login')) return false;
  return fileHosts.some((end) => hostname.endsWith(end));
}

async function readJsonText(path: string): Promise<string> {
  let bytes: number;
  try {
    const found = await stat(path);
    if (!found.isFile()) throw unreadable('it is no file');
    bytes = found.size;
  } catch (error) {
    if (error instanceof Failure) throw error;
    const gone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw unreadable(gone ? 'it is not there' : 'it can’t be opened', error);
  }
  try {
    const start = (await readText(createReadStream(path, { end: 3 }), 4)).slice(0, 4);
    if (start.startsWith('PK')) return await readZip(path);
    if (bytes > LARGEST_JSON_BYTES) throw unreadable('it is too large for an export');
    if (!/^\s*[{\ufeff]/.test(start)) throw unreadable('it is neither a ZIP nor JSON');
    return await readText(createReadStream(path), LARGEST_JSON_BYTES);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unreadable('it is damaged or not whole', error);
  }
}

/** `user_data_tiktok.json`, before 2025 `user_data.json`; else the only JSON there is. */
async function readZip(path: string): Promise<string> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  try {
    const names: string[] = [];
    let best: Entry | undefined;
    for await (const entry of zip.eachEntry()) {
      names.push(entry.fileName);
      if (names.length > MOST_ENTRIES) throw unreadable('it holds too many files');
      if (rank(entry.fileName) > (best === undefined ? 0 : rank(best.fileName))) best = entry;
    }
    if (best === undefined) {
      const text = names.some((name) => /\.(txt|html?)$/i.test(name));
      throw unreadable(text ? 'it is the text form; ask TikTok for JSON' : 'there is no JSON in it');
    }
    if (best.isEncrypted()) throw unreadable('it is locked by a password');
    if (best.uncompressedSize > LARGEST_JSON_BYTES) throw unreadable('the JSON in it is too large');
    return await readText(await zip.openReadStreamPromise(best), LARGEST_JSON_BYTES);
  } finally {
    zip.close();
  }
}

function rank(name: string): number {
  const last = name.split('/').at(-1)?.toLowerCase() ?? '';
  if (name.startsWith('__MACOSX/') || !last.endsWith('.json')) return 0;
  if (last === 'user_data_tiktok.json') return 3;
  return last === 'user_data.json' ? 2 : 1;
}

async function readText(stream: Readable, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw unreadable('what is in it is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unreadable(why: string, cause?: unknown): Failure {
  return new Failure('E_EXPORT', { message: `TikTok’s data export can’t be read: ${why}.`, cause });
}
