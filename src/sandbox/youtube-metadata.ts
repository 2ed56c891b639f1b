import { refuse } from './youtube-answers.ts';

/** A video's settable fields, as kept. */
export interface Metadata {
  title: string;
  description: string;
  tags: readonly string[];
  categoryId: string;
  privacyStatus: 'public' | 'unlisted' | 'private';
  selfDeclaredMadeForKids: boolean;
  containsSyntheticMedia: boolean;
  license: 'youtube' | 'creativeCommon';
  embeddable: boolean;
  publicStatsViewable: boolean;
  defaultLanguage?: string;
}

/** Categories that a video may be put into, with their names in English. */
export const categories: Readonly<Record<string, string>> = {
  1: 'Film & Animation',
  2: 'Autos & Vehicles',
  10: 'Music',
  15: 'Pets & Animals',
  17: 'Sports',
  19: 'Travel & Events',
  20: 'Gaming',
  22: 'People & Blogs',
  23: 'Comedy',
  24: 'Entertainment',
  25: 'News & Politics',
  26: 'Howto & Style',
  27: 'Education',
  28: 'Science & Technology',
};

type Fields = Readonly<Record<string, unknown>>;

/** Reads the JSON of an insert; only the named parts are written. Refuses what YouTube refuses. */
export function readMetadata(body: unknown, parts: readonly string[]): Metadata {
  const snippet = parts.includes('snippet') ? fieldsOf(body, 'snippet') : {};
  const status = parts.includes('status') ? fieldsOf(body, 'status') : {};
  const metadata: Metadata = {
    title: readTitle(snippet['title']),
    description: readDescription(snippet['description']),
    tags: readTags(snippet['tags']),
    categoryId: readCategory(snippet['categoryId']),
    privacyStatus: oneOf(status['privacyStatus'], ['public', 'unlisted', 'private'], 'public'),
    license: oneOf(status['license'], ['youtube', 'creativeCommon'], 'youtube'),
    selfDeclaredMadeForKids: flag(status['selfDeclaredMadeForKids'], false),
    containsSyntheticMedia: flag(status['containsSyntheticMedia'], false),
    embeddable: flag(status['embeddable'], true),
    publicStatsViewable: flag(status['publicStatsViewable'], true),
  };
  readPublishAt(status['publishAt'], metadata.privacyStatus);
  const { defaultLanguage } = snippet;
  if (fieldsOf(body, 'localizations') !== noFields && defaultLanguage === undefined)
    invalid('defaultLanguageNotSet', 'The default language is not set.');
  return typeof defaultLanguage === 'string' ? { ...metadata, defaultLanguage } : metadata;
}

function readTitle(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '' || value.length > 100 || unfit(value))
    invalid('invalidTitle', 'The request metadata specifies an invalid or empty video title.');
  return value;
}

function readDescription(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string' || Buffer.byteLength(value) > 5000 || unfit(value))
    invalid('invalidDescription', 'The request metadata specifies an invalid video description.');
  return value;
}

/** Angle brackets, and characters that no text has: NUL, halves of a surrogate pair. */
function unfit(text: string): boolean {
  return /[<>\0\p{Surrogate}]/u.test(text);
}

function readTags(value: unknown): string[] {
  if (value === undefined) return [];
  const tags = Array.isArray(value) ? value : [0];
  if (!tags.every((tag): tag is string => typeof tag === 'string' && tag !== '' && !unfit(tag)))
    invalid('invalidTags', 'The request metadata specifies invalid video keywords.');
  // A tag with a space counts as if in quotation marks, and so does the comma between two tags.
  const length = tags.reduce((sum, tag) => sum + tag.length + (tag.includes(' ') ? 2 : 0), tags.length - 1);
  if (length > 500) invalid('invalidTags', 'The request metadata specifies invalid video keywords.');
  return tags;
}

function readCategory(value: unknown): string {
  const id = value ?? '22';
  if (typeof id !== 'string' || !Object.hasOwn(categories, id))
    invalid('invalidCategoryId', 'The request metadata specifies an invalid category ID.');
  return id;
}

function readPublishAt(value: unknown, privacy: string): void {
  if (value === undefined) return;
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value)) || privacy !== 'private')
    invalid('invalidPublishAt', 'The request metadata specifies an invalid scheduled publishing time.');
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], usual: T): T {
  if (value === undefined) return usual;
  const found = allowed.find((one) => one === value);
  return found ?? badValue(String(value));
}

function flag(value: unknown, usual: boolean): boolean {
  if (value === undefined) return usual;
  return typeof value === 'boolean' ? value : badValue(String(value));
}

function badValue(value: string): never {
  refuse(400, 'badRequest', `Invalid value at 'resource': "${value}"`, { rpcStatus: 'INVALID_ARGUMENT' });
}

function invalid(reason: string, message: string): never {
  refuse(400, reason, message, { domain: 'youtube.video', location: 'body', locationType: 'other' });
}

const noFields: Fields = {};

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null) return noFields;
  const found = (value as Fields)[name];
  return typeof found === 'object' && found !== null ? (found as Fields) : noFields;
}
