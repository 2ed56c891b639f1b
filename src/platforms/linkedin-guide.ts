import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/linkedin.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://developer.linkedin.com',
  steps: [
    'You need a LinkedIn page; every app belongs to one.',
    'Products: add Share on LinkedIn, and Sign In with LinkedIn using OpenID Connect.',
  ],
  review: 'Both products come at once, for your own profile. LinkedIn ends every sign-in after sixty days.',
};
