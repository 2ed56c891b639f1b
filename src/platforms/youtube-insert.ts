import { createHash } from 'node:crypto';
import { Failure } from '../core/failure.ts';
import type { PublishRequest } from '../core/platform.ts';
import { youtubeRules } from './youtube-rules.ts';
import { MARKER_TAG_LENGTH } from './youtube-text.ts';
import type { Insert } from './youtube-upload.ts';

/** What a job's upload session is opened with. Throws E_RULE for an option without meaning. */
export function insertOf({ account, video, text, options, media }: PublishRequest): Insert {
  const marker = markerOf(account.remoteId, video);
  const extension = media.container === 'other' ? 'mp4' : media.container;
  return {
    fileName: `${marker}.${extension}`,
    notifySubscribers: flag(options, 'notifySubscribers'),
    metadata: {
      snippet: {
        title: text.title ?? 'Video',
        description: text.body,
        tags: [...(text.tags ?? []), marker],
        categoryId: word(options, 'categoryId'),
      },
      status: {
        privacyStatus: word(options, 'privacy'),
        selfDeclaredMadeForKids: flag(options, 'madeForKids'),
        containsSyntheticMedia: video.aiGenerated === true,
        license: word(options, 'license'),
        embeddable: flag(options, 'embeddable'),
        publicStatsViewable: true,
      },
    },
  };
}

/**
 * The tag by which an upload is found again when its answer was lost. Tags are not shown to viewers, unlike a
 * line in the description. The same for every try of one video on one channel.
 */
export function markerOf(channelId: string, video: { sourceId: number; remoteId: string }): string {
  const hash = createHash('sha256')
    .update(`${channelId}\n${video.sourceId}\n${video.remoteId}`)
    .digest('hex');
  return `repost-${hash}`.slice(0, MARKER_TAG_LENGTH);
}

type Options = PublishRequest['options'];
type OptionName = Exclude<keyof typeof youtubeRules.options, 'coverSeconds'>;

function flag(options: Options, name: OptionName): boolean {
  const value = options[name] ?? youtubeRules.options[name].default;
  if (typeof value === 'boolean') return value;
  throw badOption(name, 'true or false');
}

function word(options: Options, name: OptionName): string {
  const spec: { default: string | boolean; values?: readonly string[] } = youtubeRules.options[name];
  const value = String(options[name] ?? spec.default);
  if (spec.values ? spec.values.includes(value) : /^\d{1,9}$/u.test(value)) return value;
  throw badOption(name, spec.values?.join(', ') ?? 'a number');
}

function badOption(name: string, wanted: string): Failure {
  return new Failure('E_RULE', {
    message: `The rule’s option ${name} for YouTube is one of: ${wanted}.`,
    certain: true,
  });
}
