import { isPlatformId, platformIds } from '../../core/names.ts';
import { html } from '../html.ts';
import { choices, olderLink, postCard } from './lists.ts';
import { numberIn, type ShowPage } from './view.ts';
import { count, empty, platformName } from './words.ts';

const SHOWN = 24;

/** What was posted, newest first. */
export const posts: ShowPage = async (view) => {
  const { store, query } = view;
  const platform = isPlatformId(query['platform'] ?? '') ? (query['platform'] as never) : undefined;
  const before = numberIn(view, 'before');
  const found = await store.jobs.posts({
    limit: SHOWN + 1,
    ...(platform === undefined ? {} : { platform }),
    ...(before === undefined ? {} : { before }),
  });
  const shown = found.slice(0, SHOWN);
  const used = new Set((await store.accounts.list()).map((account) => account.platform));
  const counts = await store.jobs.counts();
  return {
    title: 'Posts',
    lead: html`<p class="lead">${count(counts.published, 'post')} in all, newest first.</p>`,
    body: html`${choices('Platform', [
      { href: '/posts', label: 'All', chosen: platform === undefined },
      ...platformIds
        .filter((id) => used.has(id))
        .map((id) => ({
          href: `/posts?platform=${id}`,
          label: html`<i class="point p-${id}"></i>${platformName(id)}`,
          chosen: id === platform,
        })),
    ])}
${shown.length === 0 ? empty('No posts yet', 'What goes out appears here, with its address.') : html`<ul class="cards">${shown.map((job) => postCard(view, job))}</ul>`}
${olderLink(view, found.length > SHOWN ? shown.at(-1)?.id : undefined)}`,
  };
};
