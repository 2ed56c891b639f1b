import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/tiktok.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://developers.tiktok.com/apps',
  steps: [
    'Manage apps, Connect an app; then open its Sandbox tab and make a sandbox.',
    'Add the product Login Kit for Desktop.',
    'Under Target users add your own TikTok account, then Apply changes.',
  ],
  review:
    'TikTok does not review apps for private use. Yours stays in its Sandbox, which serves up to ten target users and needs no review.',
};
