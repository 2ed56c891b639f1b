import { escapeHtml } from './html.ts';

/** Links with a protocol, as the server's text rules (twitter-text) see them in usual cases. */
const links = /\bhttps?:\/\/[A-Za-z0-9.-]+\.[a-z]{2,}(?:\/[^\s<>"]*[^\s<>".,;:!?)…])?/gu;

/** https://github.com/mastodon/mastodon/blob/main/app/models/account.rb (MENTION_RE) */
const mentions = /(?<![=/\p{L}\p{M}\p{N}_])@([a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@[a-z0-9.-]+[a-z0-9]+)?/giu;

const hashtags = /(?<![=/)\p{L}\p{M}\p{N}_])#([\p{L}\p{M}\p{N}_]*[\p{L}\p{M}_][\p{L}\p{M}\p{N}_]*)/gu;

/** Graphemes; each link counts 23, a mention without its domain. */
export function lengthOf(text: string): number {
  const counted = text.replace(links, 'x'.repeat(23)).replace(mentions, (_whole, name: string) => `@${name}`);
  return [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(counted)].length;
}

/** Names of accounts that the server would tell about a post. */
export function mentionsIn(text: string): string[] {
  return Array.from(text.replace(links, ' ').matchAll(mentions), ([, name = '']) => name);
}

export function hashtagsIn(text: string): string[] {
  return Array.from(text.matchAll(hashtags), ([, name = '']) => name);
}

/** What the server makes of a text: paragraphs, line breaks, links whose ends are hidden. */
export function htmlOf(text: string, host: string): string {
  if (text === '') return '';
  const paragraphs = text.split(/\n{2,}/u).map((paragraph) => {
    const pieces = paragraph.split(links);
    const found = paragraph.match(links) ?? [];
    return pieces
      .map((piece, index) => wordsOf(piece, host) + (found[index] === undefined ? '' : anchor(found[index])))
      .join('');
  });
  return `<p>${paragraphs.join('</p><p>')}</p>`;
}

function wordsOf(piece: string, host: string): string {
  return escapeHtml(piece)
    .replaceAll('\n', '<br />')
    .replace(
      /(?<![&\p{L}\p{M}\p{N}_])#([\p{L}\p{M}_][\p{L}\p{M}\p{N}_]*)/gu,
      (_whole, tag: string) =>
        `<a href="https://${host}/tags/${tag}" class="mention hashtag" rel="tag">#<span>${tag}</span></a>`,
    );
}

function anchor(url: string): string {
  const [, protocol = '', rest = ''] = /^(https?:\/\/)(.*)$/u.exec(url) ?? [];
  const shown = escapeHtml(rest.slice(0, 30));
  const hidden = escapeHtml(rest.slice(30));
  return `<a href="${escapeHtml(url)}" target="_blank" rel="nofollow noopener"><span class="invisible">${protocol}</span><span class="${hidden === '' ? '' : 'ellipsis'}">${shown}</span><span class="invisible">${hidden}</span></a>`;
}
