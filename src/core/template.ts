import { Failure } from './failure.ts';
import { segments } from './graphemes.ts';
import type { Video } from './video.ts';
import { sayWallTime } from './wall-clock.ts';

type Subject = Pick<Video, 'caption' | 'url' | 'publishedAt' | 'remoteId'> & {
  source: string;
  /** Where dates are meant; UTC where none is named. */
  timeZone?: string;
};

/** What may stand in braces in a caption template. */
export const templateVariables: Readonly<Record<string, (video: Subject) => string>> = {
  caption: (video) => video.caption,
  title: (video) => firstLine(withoutHashtags(video.caption)),
  text: (video) => withoutHashtags(video.caption),
  hashtags: (video) => hashtagsOf(video.caption).join(' '),
  url: (video) => video.url,
  date: ({ publishedAt, timeZone = 'UTC' }) => sayWallTime(timeZone, publishedAt).slice(0, 10),
  handle: (video) => video.source.replace(/^[^:]*:/, ''),
  id: (video) => video.remoteId,
};

/** What may follow a variable, after `|`. */
export const templateFilters: Readonly<Record<string, (text: string, argument: string) => string>> = {
  truncate: (text, argument) => truncate(text, lengthOf(argument)),
  strip_hashtags: (text) => withoutHashtags(text),
  strip_mentions: (text) => tidy(text.replace(/(^|[^\p{L}\p{N}_])@[\p{L}\p{N}_.]+/gu, '$1')),
  strip_links: (text) => tidy(text.replace(/\bhttps?:\/\/\S+/giu, '')),
  upper: (text) => text.toLocaleUpperCase('en'),
  lower: (text) => text.toLocaleLowerCase('en'),
};

/**
 * Fills a template such as `{title} – {url}` or `{caption|strip_hashtags|truncate:100}`; `{{` is a brace.
 * Throws E_RULE for an unknown variable or filter, with the list of known ones.
 */
export function render(template: string, video: Subject): string {
  if (template.length > LONGEST_TEMPLATE)
    throw new Failure('E_RULE', { message: `A template may have ${LONGEST_TEMPLATE} characters at most.` });
  return template.replace(/\{\{|\}\}|\{([^{}]*)\}|\{/g, (whole, inside: string | undefined) => {
    if (whole === '{{' || whole === '}}') return whole.charAt(0);
    if (inside === undefined) throw unclosed(template);
    const [name = '', ...filters] = inside.split('|').map((part) => part.trim());
    const variable = lookUp(templateVariables, name, 'variable');
    return filters.reduce((text, filter) => {
      const [filterName = '', argument = ''] = filter.split(':', 2);
      return lookUp(templateFilters, filterName.trim(), 'filter')(text, argument.trim());
    }, variable(video));
  });
}

/** Longer than any platform's text: what is longer is a file given by mistake. */
const LONGEST_TEMPLATE = 20_000;

/** Throws E_RULE where the template can't be filled. */
export function checkTemplate(template: string): void {
  render(template, { caption: '', url: '', publishedAt: 0, remoteId: '', source: '' });
}

function unclosed(template: string): Failure {
  return new Failure('E_RULE', {
    message: `A brace is not closed in the template “${template.slice(0, 60)}”.`,
    hint: 'Write {caption}; a brace itself is written twice: {{.',
  });
}

function lengthOf(argument: string): number {
  if (/^[1-9]\d{0,4}$/u.test(argument)) return Number(argument);
  throw new Failure('E_RULE', {
    message: `truncate needs a number of characters, not “${argument}”.`,
    hint: 'For example {caption|truncate:100}.',
  });
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string, what: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(table).join(', ');
  throw new Failure('E_RULE', {
    message: `The template names the unknown ${what} “${name}”.`,
    hint: `Known ${what}s: ${known}.`,
  });
}

/** Marks belong to the letters before them: without them, tags in Hindi or Thai would end early. */
const hashtags = /[#\uff03][\p{L}\p{N}_][\p{L}\p{M}\p{N}_]*/gu;

/** The hashtags of a caption, as written, in order. */
export function hashtagsOf(caption: string): string[] {
  return [...caption.matchAll(hashtags)].map(([tag]) => tag);
}

function withoutHashtags(text: string): string {
  return tidy(text.replace(hashtags, ''));
}

function firstLine(text: string): string {
  return text.split(/\r?\n/u, 1)[0]?.trim() ?? '';
}

function tidy(text: string): string {
  return text
    .replace(/[^\S\n]{2,}/gu, ' ')
    .replace(/[^\S\n]+(\n|$)/gu, '$1')
    .trim();
}

/** Cuts to `max` graphemes, the last one an ellipsis where something was cut. */
function truncate(whole: string, max: number): string {
  // A segment drags the text along that it comes from: only as much is looked at as may be kept.
  const text = whole.slice(0, 64 + 32 * max);
  const starts: number[] = [];
  for (const { index } of segments(text)) {
    starts.push(index);
    if (starts.length > max) break;
  }
  if (starts.length <= max && text === whole) return whole;
  return `${text.slice(0, starts[max - 1]).trimEnd()}…`;
}
