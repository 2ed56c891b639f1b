import { templateFilters, templateVariables } from '../../core/template.ts';
import { commands, heading, type Topic, terms, text } from './topic.ts';

const meanings: Readonly<Record<string, string>> = {
  caption: 'the whole caption; what is used where a rule names no template',
  title: 'its first line without hashtags',
  text: 'all of it without hashtags',
  hashtags: 'the hashtags, in order',
  url: 'the address of the source video',
  date: 'the day of its publishing, in the rule’s time zone',
  handle: 'the handle of the source',
  id: 'the number of the source video',
  truncate: 'at most so many characters, as people count them: {caption|truncate:100}',
  strip_hashtags: 'without hashtags',
  strip_mentions: 'without @names',
  strip_links: 'without web addresses',
  upper: 'in capitals',
  lower: 'in small letters',
};

const entry = (name: string, shown: string) => [shown, meanings[name] ?? ''] as const;

export const templates: Topic = {
  name: 'templates',
  title: 'Templates: the text of a post',
  blocks: [
    text(
      'A template is text with variables in braces, each with filters after bars. A brace itself is written twice.',
      'A name that does not exist is an error that lists the known ones.',
    ),
    commands(
      ['repost rule add --from tiktok:@you --to x:@you --caption "{title|strip_mentions} {hashtags}"'],
      ['repost plan --json', 'the finished texts, with their lengths as each platform counts'],
    ),
    heading('Variables'),
    terms(Object.keys(templateVariables).map((name) => entry(name, `{${name}}`))),
    heading('Filters'),
    terms(Object.keys(templateFilters).map((name) => entry(name, name))),
    text(
      'After the template come the platform’s own rules: its length, its way of counting, links where they cost',
      'or are forbidden. Hashtags are the last to be cut, and nothing is cut inside a character.',
    ),
  ],
};
