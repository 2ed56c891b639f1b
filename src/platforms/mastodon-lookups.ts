import type { Account } from '../core/account.ts';
import { DAY, MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { LookUp, RecentPost } from '../core/platform.ts';
import { calls } from './mastodon-rules.ts';
import { factsOf, idOf, originOf } from './mastodon-server.ts';
import type { Upload } from './mastodon-upload.ts';

/** https://docs.joinmastodon.org/methods/accounts/#statuses */
const PAGE_STATUSES = 40;
const MOST_PAGES = 25;
/** How far the server's clock and ours may be apart. */
const CLOCK_SLACK_MS = 4 * DAY;

/** https://docs.joinmastodon.org/entities/Status/ */
export interface Status {
  id?: unknown;
  url?: unknown;
  uri?: unknown;
  created_at?: unknown;
  content?: unknown;
  media_attachments?: readonly { id?: unknown; url?: unknown }[] | null;
}

/** A post of ours, as the journal keeps it. */
export interface Posted {
  id: string;
  url: string | null;
  /** False where the server shows the text without the video. */
  whole: boolean;
}

/** Throws E_BAD_ANSWER where there is no id: then nobody knows what became of it. */
export function postedOf(status: Status | null): Posted {
  const id = status?.id;
  if (status === null || (typeof id !== 'string' && typeof id !== 'number') || id === '')
    throw new Failure('E_BAD_ANSWER', { message: 'The server answered the post without its id.' });
  return { id: String(id), url: addressOf(status), whole: (status.media_attachments ?? []).length > 0 };
}

/** Own posts with media, newest first, back to an instant (epoch ms, by the server's clock). */
async function* ownStatuses(http: Http, account: Account, since: number): AsyncGenerator<Status> {
  let before: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const response = await http.send({
      url: `${originOf(account)}/api/v1/accounts/${encodeURIComponent(idOf(account))}/statuses`,
      query: {
        limit: PAGE_STATUSES,
        exclude_reblogs: true,
        exclude_replies: true,
        only_media: true,
        max_id: before,
      },
      call: calls.statuses,
    });
    const statuses = response.json<readonly Status[] | null>();
    if (!Array.isArray(statuses))
      throw new Failure('E_BAD_ANSWER', { message: 'The server gave no list of posts.' });
    for (const status of statuses as Status[]) {
      // A pinned post may stand out of order on some servers: it doesn't end the list.
      if (instantOf(status) >= since || Number.isNaN(instantOf(status))) yield status;
    }
    const last: Status | undefined = statuses.at(-1);
    const next = typeof last?.id === 'string' || typeof last?.id === 'number' ? String(last.id) : undefined;
    if (last === undefined || next === undefined || next === before || instantOf(last) < since) return;
    before = next;
  }
  throw new Failure('E_BAD_ANSWER', { message: 'The server’s list of posts has no end.' });
}

/**
 * Is there a post with this upload? Ids of media never change on Mastodon; elsewhere the file's address counts
 * too, and a post with our words and another file's id is nothing that a machine should decide.
 */
export async function findPost(
  http: Http,
  account: Account,
  upload: Upload,
  sent: { at: number; text: string },
): Promise<LookUp<Posted>> {
  const { genuine } = factsOf(account.settings);
  let lookalike = false;
  for await (const status of ownStatuses(http, account, sent.at - CLOCK_SLACK_MS)) {
    const media = status.media_attachments ?? [];
    if (media.some((one) => isUpload(one, upload))) return { found: postedOf(status) };
    const near = Math.abs(instantOf(status) - sent.at) < 10 * MINUTE;
    if (!genuine && near && sameText(plainText(status.content), sent.text)) lookalike = true;
  }
  return lookalike ? 'undecided' : 'absent';
}

function isUpload(media: { id?: unknown; url?: unknown }, upload: Upload): boolean {
  return String(media.id ?? '') === upload.id || (upload.url !== '' && media.url === upload.url);
}

export async function recentPosts(http: Http, account: Account, since: number): Promise<RecentPost[]> {
  const posts: RecentPost[] = [];
  for await (const status of ownStatuses(http, account, since)) {
    const { id, url } = postedOf(status);
    posts.push({ id, url, text: plainText(status.content), publishedAt: instantOf(status) || since });
  }
  return posts;
}

/** The page for people; where there is none, the post's name on the network, which leads there. */
function addressOf({ url, uri }: Status): string | null {
  const address = typeof url === 'string' && url !== '' ? url : uri;
  return typeof address === 'string' && /^https?:\/\//u.test(address) ? address : null;
}

function instantOf({ created_at: at }: Status): number {
  return typeof at === 'string' ? Date.parse(at) : Number.NaN;
}

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  amp: '&',
};

/** The text that was sent, out of the HTML that servers make of it. */
export function plainText(content: unknown): string {
  if (typeof content !== 'string') return '';
  return content
    .replace(/<br\s*\/?>/giu, '\n')
    .replace(/<\/p>\s*<p[^>]*>/giu, '\n\n')
    .replace(/<[^>]*>/gu, '')
    .replace(/&#(\d+);/gu, (_whole, code: string) => characterOf(Number(code)))
    .replace(/&#x([0-9a-f]+);/giu, (_whole, code: string) => characterOf(Number.parseInt(code, 16)))
    .replace(/&(lt|gt|quot|apos|nbsp|amp);/gu, (whole, name: string) => entities[name] ?? whole)
    .trim();
}

function characterOf(code: number): string {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

function sameText(one: string, other: string): boolean {
  const plain = (text: string) => text.normalize('NFC').replace(/\s+/gu, ' ').trim();
  return plain(one) === plain(other);
}
