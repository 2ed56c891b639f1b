import type { Account } from '../core/account.ts';
import { MINUTE, SECOND } from '../core/clock.ts';
import type { Http } from '../core/http.ts';
import type { PublishRequest, RecentPost } from '../core/platform.ts';
import { API, ask } from './tiktok-answers.ts';

/** Pages of 20 that a look-up reads at most: far more than an account may post in the days it covers. */
const LOOKUP_PAGES = 10;

/** Two machines' clocks may differ this much. */
const CLOCK_SLACK_MS = 10 * MINUTE;

/** Captions are listed up to here: https://developers.tiktok.com/docs/en/tiktok-api-v2-video-object */
const LISTED_CHARACTERS = 150;

interface ListedVideo {
  id?: string | number;
  /** Unix seconds. */
  create_time?: number;
  video_description?: string;
  title?: string;
  duration?: number;
  share_url?: string;
}

/** The account's public posts since an instant, newest first. */
async function listedSince(http: Http, since: number): Promise<ListedVideo[]> {
  const found: ListedVideo[] = [];
  let cursor: number | undefined;
  for (let page = 1; page <= LOOKUP_PAGES; page += 1) {
    const data = await ask<{ videos?: ListedVideo[]; cursor?: number; has_more?: boolean }>(
      http,
      'video.list',
      {
        url: `${API}/video/list/`,
        query: { fields: 'id,create_time,title,video_description,duration,share_url' },
        json: { max_count: 20, ...(cursor === undefined ? {} : { cursor }) },
      },
    );
    const videos = Array.isArray(data.videos) ? data.videos : [];
    found.push(...videos.filter((video) => timeOf(video) >= since));
    const next = Number(data.cursor ?? 0);
    const over = videos.some((video) => timeOf(video) < since);
    if (data.has_more !== true || over || next <= 0 || (cursor !== undefined && next >= cursor)) break;
    cursor = next;
  }
  return found;
}

/**
 * A post of ours that TikTok names in no status: the one public video since the sending that has our caption and our
 * length. Undefined where there is none, or where there are several.
 */
export async function findPosted(
  { http, text, media }: PublishRequest,
  sentAt: number,
): Promise<string | undefined> {
  const caption = cutAsListed(text.body);
  const seconds = media.durationMs / SECOND;
  const alike = (await listedSince(http, sentAt - CLOCK_SLACK_MS)).filter(
    ({ video_description: description, title, duration }) =>
      (cutAsListed(description ?? '') === caption || cutAsListed(title ?? '') === caption) &&
      (duration === undefined || Math.abs(duration - seconds) <= 1),
  );
  const ids = [...new Set(alike.map(({ id }) => String(id ?? '')))].filter((id) => /^\d+$/u.test(id));
  return ids.length === 1 ? ids[0] : undefined;
}

function cutAsListed(text: string): string {
  return [...text].slice(0, LISTED_CHARACTERS).join('').trim();
}

function timeOf({ create_time: seconds = 0 }: ListedVideo): number {
  return seconds * SECOND;
}

export async function recentVideos(http: Http, account: Account, since: number): Promise<RecentPost[]> {
  return (await listedSince(http, since)).map((video) => ({
    id: String(video.id ?? ''),
    url: addressOf(account.handle, String(video.id ?? '')),
    text: video.video_description ?? video.title ?? '',
    publishedAt: timeOf(video),
  }));
}

/** Any name leads to the video; the right one is nicer to read. */
export function addressOf(handle: string | null, id: string): string {
  const name = handle && /^@[\w.]+$/u.test(handle) ? handle : '@_';
  return `https://www.tiktok.com/${name}/video/${id}`;
}
