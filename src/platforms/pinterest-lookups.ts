import { DAY } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { LookUp, RecentPost } from '../core/platform.ts';
import { pinUrl, timeOf, v5 } from './pinterest-api.ts';
import { calls } from './pinterest-rules.ts';

const PINS_A_PAGE = 100;
/** Pages that a look-up reads at most. */
const MOST_PAGES = 20;
/** This machine's clock may be wrong. */
const CLOCK_SLACK_MS = 4 * DAY;

/** A Pin as it reads: https://developers.pinterest.com/docs/api/v5/pins-list */
interface ListedPin {
  id?: string;
  created_at?: string;
  link?: string | null;
  title?: string | null;
  description?: string | null;
}

/**
 * The Pins of a list that were made since an instant. In which order Pinterest lists them is not documented: an
 * older one ends the search only where the list was seen to go back in time. `cut`: there was more than is read.
 */
async function pinsSince(
  http: Http,
  url: string,
  since: number,
): Promise<{ pins: ListedPin[]; cut: boolean }> {
  const pins: ListedPin[] = [];
  let before: number | undefined;
  let goesBack = false;
  let bookmark: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const response = await http.send({ url, query: { page_size: PINS_A_PAGE, bookmark }, call: calls.pins });
    const answer = response.json<{ items?: ListedPin[]; bookmark?: string | null }>();
    if (!Array.isArray(answer.items))
      throw new Failure('E_BAD_ANSWER', { message: 'Pinterest answered with no list of Pins.' });
    for (const pin of answer.items) {
      const at = timeOf(pin.created_at);
      if (before !== undefined && at !== undefined && at < before) goesBack = true;
      before = at ?? before;
      if (at === undefined || at >= since) pins.push(pin);
      else if (goesBack) return { pins, cut: false };
    }
    bookmark = answer.bookmark ?? undefined;
    if (bookmark === undefined || bookmark === '') return { pins, cut: false };
  }
  return { pins, cut: true };
}

/** What was sent, as far as a list shows it again. */
export interface SentPin {
  board: string;
  /** '' where the Pin leads nowhere. */
  link: string;
  title: string;
  description: string;
  at: number;
}

/**
 * The Pin that leads to the source video: its address is a mark that no other Pin has. A Pin without a link is
 * known by its words, as long as only one has them.
 */
export async function findPin(
  http: Http,
  sent: SentPin,
  options: Readonly<Record<string, unknown>>,
): Promise<LookUp<{ id: string }>> {
  const url = v5(`boards/${encodeURIComponent(sent.board)}/pins`, options);
  const { pins, cut } = await pinsSince(http, url, sent.at - CLOCK_SLACK_MS);
  const same = pins.filter(({ link, title, description }) =>
    sent.link === ''
      ? !link &&
        readable(title) === readable(sent.title) &&
        readable(description) === readable(sent.description)
      : sameAddress(link ?? '', sent.link),
  );
  const id = same[0]?.id;
  if (id !== undefined && (same.length === 1 || sent.link !== '')) return { found: { id } };
  return cut || same.length > 0 ? 'undecided' : 'absent';
}

/** Without the query that trackers add. */
function sameAddress(one: string, other: string): boolean {
  const bare = (text: string) => {
    if (!URL.canParse(text)) return text;
    const { host, pathname } = new URL(text);
    return host + pathname.replace(/\/+$/u, '');
  };
  return one !== '' && bare(one) === bare(other);
}

function readable(text: string | null | undefined): string {
  return (text ?? '').normalize('NFC').replace(/\s+/gu, ' ').trim();
}

export async function recentPins(http: Http, since: number): Promise<RecentPost[]> {
  const { pins } = await pinsSince(http, v5('pins'), since);
  return pins
    .flatMap(({ id, created_at, title, description }) => {
      const text = description || title || '';
      return id === undefined
        ? []
        : [{ id, url: pinUrl(id), text, publishedAt: timeOf(created_at) ?? since }];
    })
    .sort((one, other) => other.publishedAt - one.publishedAt);
}
