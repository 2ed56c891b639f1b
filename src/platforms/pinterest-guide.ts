import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/pinterest.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://developers.pinterest.com/apps',
  steps: [
    'You need a business account and a board.',
    'Connect an app; it is approved for Trial access first, then apply for Standard access.',
  ],
  review:
    'Pinterest reviews every app by hand. With Trial access posts go to its own sandbox, where only you see them.',
};
