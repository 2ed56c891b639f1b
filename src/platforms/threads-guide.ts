import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/threads.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://developers.facebook.com/apps',
  steps: [
    'Make an app with the use case “Access the Threads API”; it has an id and a secret of its own.',
    'App roles: add your profile as a Threads tester, and accept the invitation in the Threads app.',
  ],
  review:
    'A tester’s own profile needs no App Review. Threads fetches videos from a media host of yours: repost host set.',
};
