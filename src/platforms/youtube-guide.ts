import type { Guide } from '../core/platform.ts';

/** As `repost init` tells it; the long form is docs/platforms/youtube.md. Menus are named as of November 2026. */
export const guide: Guide = {
  opens: 'https://console.cloud.google.com/apis/library/youtube.googleapis.com',
  steps: [
    'Make a project and enable the YouTube Data API v3.',
    'Google Auth Platform: audience External, add yourself as a test user, then publish the app to production.',
    'Clients: make one of type Desktop app.',
  ],
  review:
    'While the app is in Testing, Google ends every sign-in after seven days. Uploads of a project that has not passed Google’s API audit are locked private; the audit is free and takes some weeks.',
};
