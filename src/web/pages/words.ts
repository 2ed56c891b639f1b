import type { WaitReason } from '../../core/failure.ts';
import type { JobState } from '../../core/job.ts';
import type { JobView, PostRow } from '../../store/types.ts';
import { type Html, html, type Piece } from '../html.ts';

/** Names that are not simply their id with a capital. */
const spellings: Readonly<Record<string, string>> = {
  tiktok: 'TikTok',
  youtube: 'YouTube',
  linkedin: 'LinkedIn',
};

export function platformName(id: string): string {
  return Object.hasOwn(spellings, id) ? (spellings[id] ?? id) : id.slice(0, 1).toUpperCase() + id.slice(1);
}

/** What a job is at, in two words; the tone is its colour. */
const waits: Readonly<Record<WaitReason, readonly [text: string, tone: Tone]>> = {
  ready: ['Up next', 'going'],
  delay: ['Scheduled', 'going'],
  window: ['Scheduled', 'going'],
  quota: ['Limit full', 'care'],
  backoff: ['Retrying', 'care'],
  processing: ['Processing', 'going'],
  approval: ['To approve', 'ask'],
  login: ['Signed out', 'bad'],
  media: ['No file yet', 'care'],
  paused: ['Paused', 'still'],
  breaker: ['Resting', 'care'],
};

const states: Readonly<Record<Exclude<JobState, 'waiting'>, readonly [text: string, tone: Tone]>> = {
  running: ['Going out', 'going'],
  published: ['Published', 'good'],
  unknown: ['Unknown', 'ask'],
  dead: ['Failed', 'bad'],
  cancelled: ['Cancelled', 'still'],
};

export type Tone = 'good' | 'going' | 'care' | 'ask' | 'bad' | 'still';

export function stateWords(state: JobState, reason: WaitReason | null): readonly [text: string, tone: Tone] {
  return state === 'waiting' ? waits[reason ?? 'ready'] : states[state];
}

export function chip(text: Piece, tone: Tone): Html {
  return html`<span class="chip ${tone}">${text}</span>`;
}

export function stateChip({ state, reason }: Pick<JobView, 'state' | 'reason'>): Html {
  const [text, tone] = stateWords(state, reason);
  return chip(text, tone);
}

/** A coloured point and the platform's name, with the handle where there is one. */
export function platformTag(platform: string, handle?: string): Html {
  return html`<span class="tag"><i class="point p-${platform}"></i><span class="on">${platformName(platform)}</span>${
    handle === undefined ? null : html` <span class="handle">${handle}</span>`
  }</span>`;
}

/** A link to somewhere else; what is no web address is shown and can't be followed. */
export function outLink(url: string | null | undefined, label: Piece, look = ''): Html {
  if (!url || !/^https?:\/\//iu.test(url)) return html`<span class="${look}">${label}</span>`;
  return html`<a class="out ${look}" href="${url}" target="_blank" rel="noopener noreferrer">${label}</a>`;
}

export function postLink(post: PostRow | null, label = 'Open post'): Html | null {
  return post?.url ? outLink(post.url, label) : null;
}

/** A caption in one line, or what stands for it. */
export function captionText(video: { caption: string; remoteId: string }): string {
  return video.caption.replace(/\s+/gu, ' ').trim() || `Video ${video.remoteId}`;
}

/** A small picture of the video; until there is one, a plain tile. Says nothing that the caption beside it doesn't. */
export function cover(video: { id: number }, look = ''): Html {
  return html`<span class="cover t${video.id % 6} ${look}"><img src="/videos/${video.id}/cover" alt="" width="54" height="72" loading="lazy"></span>`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Where a list is empty: what that means, and what to do. */
export function empty(title: string, text: Piece): Html {
  return html`<div class="empty"><p class="strong">${title}</p><p>${text}</p></div>`;
}
