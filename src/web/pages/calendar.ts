import { DAY } from '../../core/clock.ts';
import { addDays, instantOf, wallTime } from '../../core/wall-clock.ts';
import { type Html, html } from '../html.ts';
import type { ShownPlan } from './plan-list.ts';
import { clockText, dayOf, dayText } from './times.ts';
import type { ShowPage, View } from './view.ts';
import { platformName } from './words.ts';

interface Entry {
  at: number;
  platform: string;
  account: string;
  caption: string;
  job: number | null;
  out: boolean;
}

const DAYS = 21;
const MOST_A_DAY = 6;

/** What went out and what goes out when, three weeks at a time. */
export const calendar: ShowPage = async (view) => {
  const days = daysFrom(view);
  const [first = '', last = ''] = [days[0], days.at(-1)];
  const from = startOf(first, view.timeZone);
  const to = startOf(last, view.timeZone) + 2 * DAY;
  const all = [...(await published(view, from)), ...(await planned(view))].filter(
    ({ at }) => at >= from && at < to,
  );
  const byDay = new Map<string, Entry[]>();
  for (const entry of all.sort((a, b) => a.at - b.at)) {
    const day = dayOf(entry.at, view.timeZone);
    byDay.set(day, [...(byDay.get(day) ?? []), entry]);
  }
  const today = dayOf(view.now, view.timeZone);
  return {
    title: 'Calendar',
    lead: html`<p class="lead">Times of ${view.timeZone}. <a href="?from=${moved(first, -DAYS)}">Earlier</a> · <a href="/calendar">Now</a> · <a href="?from=${moved(first, DAYS)}">Later</a></p>`,
    body: html`<ol class="days">${days.map((day) => dayCell(view, day, byDay.get(day) ?? [], today))}</ol>`,
  };
};

/** From a Monday: that of last week, or of the week that the address names. */
function daysFrom({ query, now, timeZone }: View): string[] {
  const asked = query['from'] ?? '';
  const day =
    /^\d{4}-\d{2}-\d{2}$/u.test(asked) && !Number.isNaN(Date.parse(asked)) ? asked : dayOf(now, timeZone);
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  // The week before is shown too: what went out stands beside what is to come.
  const monday = moved(day, -weekday - (day === asked ? 0 : 7));
  return Array.from({ length: DAYS }, (_, n) => moved(monday, n));
}

function moved(day: string, by: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + by * DAY).toISOString().slice(0, 10);
}

function startOf(day: string, timeZone: string): number {
  const { year, month, day: date } = wallTime('UTC', Date.parse(`${day}T00:00:00Z`));
  return instantOf(timeZone, addDays({ year, month, day: date }, 0), 0);
}

async function published({ store }: View, since: number): Promise<Entry[]> {
  const jobs = await store.jobs.posts({ since, limit: 1000 });
  return jobs.map(({ id, post, account, video, updatedAt }) => ({
    at: post?.publishedAt ?? updatedAt,
    platform: account.platform,
    account: account.account,
    caption: video.caption.trim() || video.remoteId,
    job: id,
    out: true,
  }));
}

/** When the turn of each post comes, with its rule's hours and all limits; without those that a person must let go. */
async function planned(view: View): Promise<Entry[]> {
  const plan = (await view.perform({ name: 'plan', options: { last: '30' } })) as ShownPlan;
  return plan.posts.flatMap(({ expectedAt, destination, video, job, stopped }) =>
    expectedAt === null || stopped !== null
      ? []
      : [
          {
            at: Math.max(view.now, Date.parse(expectedAt)),
            ...destination,
            caption: video.caption.trim() || video.remoteId,
            job,
            out: false,
          },
        ],
  );
}

function dayCell(view: View, day: string, entries: readonly Entry[], today: string): Html {
  const look = day === today ? 'today' : day < today ? 'past' : '';
  const more = entries.length - MOST_A_DAY;
  return html`<li class="day ${look}${entries.length === 0 ? ' none' : ''}"><p class="date"><time datetime="${day}">${dayText(day)}</time>${day === today ? html`<span>Today</span>` : null}</p>${
    entries.length === 0
      ? null
      : html`<ul>${entries.slice(0, MOST_A_DAY).map((entry) => entryLine(view, entry))}</ul>`
  }${more > 0 ? html`<p class="faint">${more} more</p>` : null}</li>`;
}

function entryLine(view: View, { at, platform, account, caption, job, out }: Entry): Html {
  const label = `${platformName(platform)}, ${out ? 'published' : 'planned'}: ${caption} (${account})`;
  const content = html`<span class="at">${clockText(at, view.timeZone)}</span><i class="point p-${platform}"></i><span class="cap">${caption}</span>`;
  return html`<li class="${out ? 'sent' : 'planned'}">${job === null ? html`<span title="${label}">${content}</span>` : html`<a href="/jobs/${job}" title="${label}">${content}</a>`}</li>`;
}
