import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/instagram.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://developers.facebook.com/apps',
  steps: [
    'You need a professional Instagram account that is linked to a Facebook Page of yours.',
    'Make an app with the use case “Manage messaging and content on Instagram”.',
    'Add Facebook Login for Business, then switch the app to Live.',
  ],
  review:
    'Your own accounts need no App Review. While the app is in development mode, only people with a role in it see the posts.',
};
