import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/bluesky.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://bsky.app/settings/app-passwords',
  steps: ['Confirm your e-mail address in Settings, Account.', 'Make an app password.'],
  review: 'No app and no review. An app password lasts; a sign-in in the browser ends after 14 days.',
};
