import type { Account } from '../../core/account.ts';
import { DAY } from '../../core/clock.ts';
import { type Html, html } from '../html.ts';
import { limitBars, readLimits, type ShownLimit } from './limits.ts';
import { relativeText, shortText } from './times.ts';
import { changeButton, type ShowPage, type View } from './view.ts';
import { chip, empty, platformTag } from './words.ts';

/** Who is signed in, for how long, and what each may still do. */
export const accounts: ShowPage = async (view) => {
  const all = await view.store.accounts.list();
  const limits = await readLimits(view);
  if (all.length === 0)
    return {
      title: 'Accounts',
      body: empty('No account yet', html`Sign in: <code>repost login tiktok</code>`),
    };
  return {
    title: 'Accounts',
    body: html`<ul class="cards wide">${all.map((account) => accountCard(view, account, limits))}</ul>`,
  };
};

function accountCard(view: View, account: Account, limits: readonly ShownLimit[]): Html {
  const own = limits.filter((limit) => limit.account === account.account);
  const broken = account.status === 'login-needed';
  return html`<li class="card account" id="account-${account.id}"><header><div><p class="title">${platformTag(account.platform, account.handle)}</p><p class="meta">${account.name}${account.user === 'me' ? null : html`<span class="sep">of ${account.user}</span>`}</p></div>${statusChip(account)}</header><p>${lasting(view, account)}</p>${
    broken ? html`<p><code>repost login ${account.platform} --account ${account.handle}</code></p>` : null
  }${own.length > 0 ? limitBars(view, own) : null}<div class="actions">${changeButton(view, `/accounts/${account.id}/${account.paused ? 'resume' : 'pause'}`, account.paused ? 'Resume' : 'Pause')}<a class="button plain" href="/jobs?account=${account.id}">Jobs</a></div></li>`;
}

function statusChip({ status, paused }: Account): Html {
  if (status === 'login-needed') return chip('Sign in again', 'bad');
  if (paused) return chip('Paused', 'still');
  return status === 'expiring' ? chip('Ends soon', 'care') : chip('Signed in', 'good');
}

/** How long its sign-in lasts, and its token. */
function lasting(view: View, { breaksAt, expiresAt, status }: Account): Html {
  const { now } = view;
  if (status === 'login-needed')
    return html`<span class="bad-text">Its sign-in does not work any more.</span>`;
  const soon = breaksAt !== undefined && breaksAt - now < 14 * DAY;
  const token =
    expiresAt === undefined
      ? null
      : html` <span class="faint">${expiresAt < now ? 'Its token is renewed at the next post.' : `Token until ${shortText(expiresAt, view)}, renewed by itself.`}</span>`;
  if (breaksAt === undefined) return html`Sign-in without an end.${token}`;
  return html`<span class="${soon ? 'care-text' : ''}">Sign-in ends ${relativeText(breaksAt, now)}, ${shortText(breaksAt, view)}.</span>${token}`;
}
