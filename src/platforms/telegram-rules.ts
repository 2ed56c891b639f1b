import { MINUTE, SECOND } from '../core/clock.ts';
import type { MediaRules } from '../core/media.ts';
import type { Platform } from '../core/platform.ts';
import { coverOption } from './cover.ts';

const limitsSource = 'https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this';

/** Names of the calls. The upload to the staging chat is one of its own: it counts for another chat. */
export const calls = { publish: 'publish', stage: 'stage', read: 'read' } as const;

/** What Telegram takes, and how much of it: figures only. It calls them guidance, and tells no exact ones. */
export const telegramRules = {
  limits: [
    {
      bucket: 'messages',
      // Said of groups; nothing else is said of channels.
      title: 'messages to one channel in a minute',
      scope: 'account',
      max: 20,
      window: { kind: 'trailing', ms: MINUTE },
      source: limitsSource,
    },
    {
      bucket: 'pace',
      title: 'messages to one channel in a second',
      scope: 'account',
      max: 1,
      window: { kind: 'trailing', ms: SECOND },
      source: limitsSource,
    },
    {
      bucket: 'all',
      title: 'messages of all bots in a second',
      scope: 'app',
      max: 30,
      window: { kind: 'trailing', ms: SECOND },
      source: limitsSource,
    },
  ],
  costs: {
    [calls.publish]: { messages: 1, pace: 1, all: 1 },
    [calls.stage]: { all: 1 },
  },
  publishCall: calls.publish,
  media: {
    // Other containers become plain files: https://core.telegram.org/bots/api#sendvideo
    containers: ['mp4'],
    videoCodecs: ['h264'],
    audioCodecs: ['aac'],
    // Sent with `supports_streaming`, which holds for such files only.
    fastStart: true,
    // 50 MB; nobody says whether of 10^6 or of 2^20 bytes, so the smaller one counts.
    maxBytes: 50_000_000,
    source: 'https://core.telegram.org/bots/api#sending-files',
  },
  options: {
    staging: {
      title:
        'Chat that the file is sent to first (its id or @name, `none` for no such chat); default the one with you, if you wrote to the bot before signing in',
      type: 'string',
    },
    coverSeconds: coverOption,
    silent: { title: 'Subscribers hear no sound', type: 'boolean', default: false },
    spoiler: { title: 'The video is covered until it is tapped', type: 'boolean', default: false },
    protect: { title: 'Forwarding and saving are not allowed', type: 'boolean', default: false },
    captionAbove: { title: 'The caption stands above the video', type: 'boolean', default: false },
    mentions: {
      title: 'What becomes of @names, who are somebody else on Telegram',
      type: 'string',
      values: ['plain', 'keep'],
      default: 'plain',
    },
  },
} as const satisfies Partial<Platform>;

/** A Bot API server of one's own takes files of up to 2,000 MB. */
export const ownServerMedia: MediaRules = {
  ...telegramRules.media,
  maxBytes: 2_000_000_000,
  source: 'https://core.telegram.org/bots/api#using-a-local-bot-api-server',
};
