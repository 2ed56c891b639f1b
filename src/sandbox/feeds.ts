import type { PlatformId } from '../core/names.ts';
import { platformIds } from '../core/names.ts';
import type { Page } from './html.ts';
import { escapeHtml, htmlPage } from './html.ts';
import type { SimAccount, SimPost } from './types.ts';

export interface Feeds {
  posts: readonly SimPost[];
  accounts(platform: PlatformId): readonly SimAccount[];
  /** Epoch ms. */
  now: number;
  /** True where the bytes of this hash can be played. */
  bytesKept(sha256: string): boolean;
}

/** Names that are more than an id with a capital. */
const names: Readonly<Partial<Record<PlatformId, string>>> = {
  tiktok: 'TikTok',
  youtube: 'YouTube',
  linkedin: 'LinkedIn',
};

function nameOf(platform: PlatformId): string {
  return names[platform] ?? platform.charAt(0).toUpperCase() + platform.slice(1);
}

/** What a viewer of each platform sees, as a row of phones. */
export function feedsPage(feeds: Feeds): Page {
  const phones = platformIds
    .map((platform) => ({ platform, posts: feeds.posts.filter((post) => post.platform === platform) }))
    .filter(({ posts }) => posts.length > 0)
    .map(({ platform, posts }) => phone(platform, posts, feeds));
  const empty = '<p class="empty">Nothing has been posted yet. Publish a video, then reload this page.</p>';
  return htmlPage({
    title: `Sandbox feeds (${feeds.posts.length} posts)`,
    css,
    body: `<header>
<h1>What the world sees</h1>
<p>${feeds.posts.length} ${feeds.posts.length === 1 ? 'post' : 'posts'} on the simulated platforms at ${time(feeds.now)}. <a href="/_feeds">Reload</a></p>
</header>
<main>${phones.length > 0 ? phones.join('\n') : empty}</main>`,
  });
}

function phone(platform: PlatformId, posts: readonly SimPost[], feeds: Feeds): string {
  const public_ = posts.filter((post) => post.visible).length;
  return `<section class="phone ${platform}" aria-label="${nameOf(platform)}">
<h2><span class="dot"></span>${nameOf(platform)}<small>${public_} public of ${posts.length}</small></h2>
<div class="screen">${posts.map((post) => card(post, feeds)).join('\n')}</div>
</section>`;
}

function card(post: SimPost, feeds: Feeds): string {
  const account = feeds.accounts(post.platform).find(({ id }) => id === post.accountId);
  const handle = account?.handle ?? post.accountId;
  const initial = (account?.name ?? handle.replace(/^@/u, '')).slice(0, 1).toUpperCase();
  const playable = feeds.bytesKept(post.sha256);
  const facts = Object.entries(post.facts ?? {});
  return `<article${post.visible ? '' : ' class="hidden"'}>
<div class="who"><span class="face">${escapeHtml(initial)}</span><b>${escapeHtml(handle)}</b>${post.visible ? '' : '<em>private</em>'}<time>${time(post.publishedAt).slice(5, 16)}</time></div>
${playable ? `<video controls preload="metadata" playsinline src="/_media/${post.sha256}"></video>` : '<div class="nofile">no video file</div>'}
${post.title === undefined ? '' : `<h3>${escapeHtml(post.title)}</h3>`}
<p class="text">${escapeHtml(post.text)}</p>
<details><summary>Facts</summary><dl><dt>id</dt><dd>${escapeHtml(post.id)}</dd><dt>address</dt><dd>${escapeHtml(post.url)}</dd>${
    playable ? `<dt>sha-256</dt><dd>${post.sha256.slice(0, 16)}… · ${post.bytes} bytes</dd>` : ''
  }${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(shown(value))}</dd>`).join('')}</dl></details>
</article>`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const css = `
:root { color-scheme: dark; --ink: #f4f4f6; --soft: #9a9aa8; --back: #101014; --card: #1b1b22; --line: #2c2c36; --hue: #888; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: radial-gradient(circle at 20% 0, #232338, var(--back) 60%); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
header { padding: 28px 32px 4px; }
h1 { margin: 0; font-size: 26px; letter-spacing: -0.02em; }
header p { margin: 4px 0 0; color: var(--soft); }
a { color: inherit; }
main { display: flex; gap: 28px; padding: 24px 32px 48px; overflow-x: auto; align-items: flex-start; }
.phone { flex: 0 0 320px; border: 9px solid #000; border-radius: 38px; background: var(--card); box-shadow: 0 0 0 2px #3a3a46, 0 24px 60px #0009; overflow: hidden; }
.phone h2 { display: flex; gap: 8px; align-items: center; margin: 0; padding: 16px 18px 12px; font-size: 17px; border-bottom: 1px solid var(--line); }
.phone h2 small { margin-left: auto; color: var(--soft); font-weight: 400; font-size: 12px; }
.dot { width: 12px; height: 12px; border-radius: 50%; background: var(--hue); }
.screen { height: 610px; overflow-y: auto; scroll-snap-type: y proximity; }
article { scroll-snap-align: start; padding: 14px 16px 16px; border-bottom: 1px solid var(--line); }
.hidden { opacity: 0.6; }
.who { display: flex; gap: 8px; align-items: center; font-size: 14px; }
.face { flex: none; display: grid; place-items: center; width: 28px; height: 28px; border-radius: 50%; background: var(--hue); color: #fff; font-weight: 700; font-size: 13px; }
.who em { font-style: normal; font-size: 11px; border: 1px solid var(--soft); border-radius: 99px; padding: 0 7px; color: var(--soft); }
.who time { margin-left: auto; white-space: nowrap; color: var(--soft); font-size: 11px; }
video, .nofile { display: block; width: 100%; aspect-ratio: 9 / 14; margin: 10px 0; border-radius: 14px; background: #000; object-fit: contain; }
.nofile { display: grid; place-items: center; color: var(--soft); aspect-ratio: 9 / 4; }
h3 { margin: 0 0 2px; font-size: 15px; overflow-wrap: anywhere; }
.text { margin: 0 0 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { cursor: pointer; font-size: 12px; color: var(--soft); }
dl { display: grid; grid-template-columns: auto 1fr; gap: 1px 10px; margin: 0; font-size: 11px; color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.empty { color: var(--soft); padding: 80px 0; width: 100%; text-align: center; }
.phone { --hue: #e60023; } .tiktok { --hue: #fe2c55; } .youtube { --hue: #f03; } .instagram { --hue: #d62976; } .x { --hue: #5b6570; }
.facebook { --hue: #1877f2; } .threads { --hue: #777; } .bluesky { --hue: #1185fe; } .mastodon { --hue: #6364ff; }
.linkedin { --hue: #0a66c2; } .telegram { --hue: #2aabee; }
`;
