import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/mastodon.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://joinmastodon.org/servers',
  steps: ['You need an account on any server; repost registers itself there.'],
  review: 'No review. Some servers want automated accounts to say so in their profile.',
};
