import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/x.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://console.x.com',
  steps: [
    'Make an app inside a project with the package pay-per-use, environment production.',
    'User authentication settings: OAuth 2.0, type Native App, permission Read and write.',
    'Buy a little credit, and set a spending limit.',
  ],
  review:
    'No review. Each post costs 0.015 US dollars, one with a link 0.20; repost takes links out unless you say otherwise.',
};
