import { platformIds } from '../core/names.ts';
import { registry } from '../platforms/index.ts';

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string, more: Schema = {}): Schema => ({
  type: 'string',
  minLength: 1,
  description,
  ...more,
});
const severalOf = (item: Schema): Schema => ({
  anyOf: [item, { type: 'array', items: item, minItems: 1, maxItems: 200 }],
});
const texts = (description: string): Schema => ({
  description,
  ...severalOf({ type: 'string', minLength: 1 }),
});
const length = (description: string): Schema => ({
  description,
  anyOf: [
    { type: 'string', pattern: '^\\s*\\d' },
    { type: 'number', minimum: 0 },
  ],
});
const shape = (properties: Schema, more: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
});

const filter: Schema = shape(
  {
    caption: texts('The caption contains one of these, upper and lower case alike.'),
    pattern: text('An RE2 expression that is found in the caption.', { maxLength: 300 }),
    hashtags: texts('It has one of these hashtags, with or without #.'),
    minDuration: length('At least this long: 10s, 1m30s, or seconds.'),
    maxDuration: length('At most this long: 60s, 2m, or seconds.'),
    publishedAfter: text('Published since this date (in the rule’s zone) or instant.'),
    publishedBefore: text('Published before this date (in the rule’s zone) or instant.'),
    aspect: { description: 'Its shape.', ...severalOf({ enum: ['vertical', 'square', 'horizontal'] }) },
    aiGenerated: { type: 'boolean', description: 'Whether it is labelled as made by AI.' },
    photo: { type: 'boolean', description: 'Whether it is a photo post; those are never posted.' },
    pinned: { type: 'boolean', description: 'Whether it is pinned, where the source tells.' },
    language: texts('Its language, where the source tells: en, de.'),
    all: { type: 'array', items: { $ref: '#/$defs/filter' }, description: 'All of these hold.' },
    any: {
      type: 'array',
      items: { $ref: '#/$defs/filter' },
      minItems: 1,
      description: 'One of these holds.',
    },
    not: { $ref: '#/$defs/filter', description: 'This does not hold.' },
  },
  { description: 'Which videos are taken: all that stands here must hold.' },
);

const timing: Schema = shape(
  {
    timeZone: text('IANA name of the zone of all local times: Europe/Rome.'),
    delay: text('Wait this long after the video was seen: 15m, 2h.'),
    gap: text('At least this long between two posts of one account.'),
    perDay: {
      type: 'integer',
      minimum: 1,
      description: 'At most so many posts of one account in a local day.',
    },
    slots: {
      type: 'array',
      items: { type: 'string', pattern: '^\\d{1,2}:\\d{2}$' },
      minItems: 1,
      maxItems: 96,
      description: 'At these local times only, one post each: "09:00".',
    },
    windows: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      maxItems: 50,
      description: 'Within these only: "Mon-Fri 09:00-17:00", "22:00-02:00".',
    },
  },
  { description: 'When posts go out.' },
);

const destinationProperties: Schema = {
  account: text('The account to post to: youtube:@creator.'),
  caption: text('Caption template for this account.'),
  title: text('Title template for this account.'),
  timing: { $ref: '#/$defs/timing', description: 'What is different here from the rule’s timing.' },
  options: { type: 'object', description: 'Options of the platform.' },
};

const rule: Schema = shape(
  {
    name: text('Letters, digits, dots and dashes; the rule is known by it.', { pattern: '^[\\w.-]{1,64}$' }),
    from: text('The source: tiktok:@creator, a folder, a feed.'),
    to: {
      type: 'array',
      minItems: 1,
      description: 'Where it is posted.',
      items: { anyOf: [{ type: 'string', minLength: 1 }, { $ref: '#/$defs/destination' }] },
    },
    user: text('Who owns the rule on this machine.'),
    media: {
      type: 'array',
      items: { type: 'string', pattern: '^(yt-dlp|folder:.+|export:.+)$' },
      description: 'Where the files come from: folder:DIR, export:ZIP, yt-dlp.',
    },
    caption: text('Caption template: {caption}, {title} {hashtags}, {caption|truncate:100}.'),
    title: text('Title template, where the platform has titles.'),
    filter: { $ref: '#/$defs/filter' },
    timing: { $ref: '#/$defs/timing' },
    approve: { type: 'boolean', description: 'Hold every job until a person approves it.' },
    catchUp: text('After downtime: all, newest:N or none.', { pattern: '^(all|none|newest:\\d+)$' }),
    paused: { type: 'boolean', description: 'Make no posts for now; what appears is held.' },
    fit: {
      enum: ['none', 'remux', 'transcode'],
      description: 'What may be done to a file that does not fit.',
    },
    tooLong: { enum: ['skip', 'trim'], description: 'A video that is longer than the platform allows.' },
    watermark: {
      enum: ['refuse', 'allow'],
      description: 'A file that its source says to bear a visible mark.',
    },
    backfill: shape(
      {
        count: {
          type: 'integer',
          minimum: 1,
          description: 'The newest so many of the videos that are there.',
        },
        since: text('Those published since this date.'),
      },
      { minProperties: 1, description: 'Also take videos that were there before the rule; done once.' },
    ),
  },
  { required: ['name', 'from', 'to'] },
);

/** Options of each platform, told apart by the beginning of the account's name. */
function optionRules(): Schema[] {
  return platformIds.flatMap((id) => {
    const platform = registry.platform(id);
    if (!platform) return [];
    const properties = Object.fromEntries(
      Object.entries(platform.options).map(([name, option]) => [
        name,
        {
          type: option.type,
          description: option.title,
          ...(option.values ? { enum: option.values } : {}),
          ...(option.default === undefined ? {} : { default: option.default }),
        },
      ]),
    );
    return [
      {
        if: { properties: { account: { type: 'string', pattern: `^${id}(:|$)` } } },
        // biome-ignore lint/suspicious/noThenProperty: JSON Schema’s own word.
        then: { properties: { options: shape(properties) } },
      },
    ];
  });
}

/** What a rule file may hold, as JSON Schema: checked by `rule apply`, and used by editors to complete. */
export function ruleSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Rules of repost',
    ...shape(
      {
        version: { const: 1, description: 'Version of this format.' },
        rules: { type: 'array', maxItems: 1_000, items: { $ref: '#/$defs/rule' } },
      },
      { required: ['rules'] },
    ),
    $defs: {
      rule,
      destination: shape(destinationProperties, { required: ['account'], allOf: optionRules() }),
      filter,
      timing,
    },
  };
}
