import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/facebook.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://developers.facebook.com/apps',
  steps: ['The same kind of app as for Instagram, with a Page that you control.', 'Switch the app to Live.'],
  review: 'Your own Page needs no App Review. Personal profiles can’t be posted to by any program.',
};
