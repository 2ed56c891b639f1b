import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/telegram.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://t.me/BotFather',
  steps: [
    'Write /newbot to @BotFather; it answers with a token.',
    'Make the bot an administrator of your channel, with Post messages on.',
    'Open a chat with the bot and press Start.',
  ],
  review: 'No review.',
};
