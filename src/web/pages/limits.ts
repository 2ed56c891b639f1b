import type { Account } from '../../core/account.ts';
import type { JobView } from '../../store/types.ts';
import { type Html, html } from '../html.ts';
import type { limitView } from '../views.ts';
import { section } from './lists.ts';
import { ago } from './times.ts';
import type { ShowPage, View } from './view.ts';
import { chip, count, empty, platformName, platformTag, stateWords } from './words.ts';

export type ShownLimit = ReturnType<typeof limitView>;

export async function readLimits(view: View): Promise<ShownLimit[]> {
  return (await view.perform({ name: 'limits' })) as ShownLimit[];
}

const MOST_WAITING = 500;

/** Every lane: what waits in it, and how its limits drain. */
export const limits: ShowPage = async (view) => {
  const { store } = view;
  const [all, accounts] = [await readLimits(view), await store.accounts.list()];
  const waiting = await store.jobs.list({ states: ['waiting', 'running'], limit: MOST_WAITING });
  const rests = new Set((await store.breakers.open()).map(({ accountId }) => accountId));
  const shared = all.filter(({ account }) => account === null);
  const platforms = [...new Set(shared.map(({ platform }) => platform))];
  if (accounts.length === 0)
    return { title: 'Limits', body: empty('No account yet', 'Limits come with accounts.') };
  return {
    title: 'Limits',
    lead: html`<p class="lead">What the platforms allow, what of it is used, and when it frees.</p>`,
    body: html`${section(
      'Lanes',
      html`<ul class="cards wide">${accounts.map((account) =>
        laneCard(view, {
          account,
          rests: rests.has(account.id),
          limits: all.filter((limit) => limit.account === account.account),
          jobs: waiting.filter(({ accountId }) => accountId === account.id),
        }),
      )}</ul>`,
    )}
${
  platforms.length > 0
    ? section(
        'Shared by all accounts',
        html`<ul class="cards wide">${platforms.map(
          (platform) =>
            html`<li class="card"><p class="title">${platformTag(platform)}</p>${limitBars(
              view,
              shared.filter((limit) => limit.platform === platform),
            )}</li>`,
        )}</ul>`,
      )
    : null
}`,
  };
};

interface Lane {
  account: Account;
  rests: boolean;
  limits: readonly ShownLimit[];
  jobs: readonly JobView[];
}

function laneCard(view: View, { account, rests, limits: own, jobs }: Lane): Html {
  const reasons = new Map<string, number>();
  for (const { state, reason } of jobs) {
    const [words] = stateWords(state, reason);
    reasons.set(words, (reasons.get(words) ?? 0) + 1);
  }
  const queue = [...reasons].map(([words, n]) => `${n} ${words.toLowerCase()}`).join(', ');
  return html`<li class="card"><header><p class="title">${platformTag(account.platform, account.handle)}</p>${rests ? chip(`${platformName(account.platform)} rests`, 'care') : account.paused ? chip('Paused', 'still') : null}</header><p class="meta">${jobs.length === 0 ? 'Nothing waits.' : html`<a href="/jobs?account=${account.id}">${count(jobs.length, 'post')}</a><span class="sep">${queue}</span>`}</p>${own.length > 0 ? limitBars(view, own) : html`<p class="faint">No limit of its own.</p>`}</li>`;
}

/** Limits that count only where somebody set them have this maximum otherwise. */
const NO_CEILING = Number.MAX_SAFE_INTEGER;

/** Each limit that is used as a bar that fills; the others in one line. */
export function limitBars(view: View, all: readonly ShownLimit[]): Html {
  const used = all.filter(({ used: n, blockedUntil }) => n > 0 || blockedUntil !== null);
  const rest = all.filter((limit) => !used.includes(limit));
  const bars = (shown: readonly ShownLimit[]) =>
    html`<ul class="bars">${shown.map((limit) => bar(view, limit))}</ul>`;
  const more =
    used.length === 0 ? `${count(rest.length, 'limit')}, nothing used` : `${rest.length} more, nothing used`;
  return html`${used.length > 0 ? bars(used) : null}${rest.length > 0 ? html`<details><summary>${more}</summary>${bars(rest)}</details>` : null}`;
}

function bar(view: View, limit: ShownLimit): Html {
  const { title, used, max, left, resetsAt, blockedUntil } = limit;
  if (max >= NO_CEILING)
    return html`<li><div class="between"><span>${title}</span><span class="amount">${amount(limit, used)} <span class="faint">no maximum set</span></span></div></li>`;
  const part = max === 0 ? 1 : Math.min(1, used / max);
  const blocked = blockedUntil !== null && Date.parse(blockedUntil) > view.now;
  const look = blocked || left === 0 ? 'full' : part >= 0.8 ? 'high' : '';
  const frees = blocked
    ? html`blocked, free ${ago(Date.parse(blockedUntil), view)}`
    : resetsAt !== null && used > 0
      ? html`frees ${ago(Date.parse(resetsAt), view)}`
      : null;
  return html`<li class="${look}"><div class="between"><span>${title}</span><span class="amount">${amount(limit, used)} <span class="faint">of ${amount(limit, max)}</span></span></div><svg class="bar" viewBox="0 0 100 2" preserveAspectRatio="none" role="img" aria-label="${`${Math.round(part * 100)} % used`}"><rect class="rail" width="100" height="2"/><rect class="used" width="${Math.round(part * 1000) / 10}" height="2"/></svg>${frees ? html`<p class="faint">${frees}</p>` : null}</li>`;
}

/** Money is counted in thousandths of a US cent. */
function amount({ unit }: ShownLimit, n: number): string {
  return unit === 'millicents' ? `$${(n / 100_000).toFixed(2)}` : n.toLocaleString('en');
}
