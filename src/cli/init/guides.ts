import type { PlatformId } from '../../core/names.ts';

/** How one registers a developer app, or gets whatever else a sign-in needs; the long form is docs/platforms/. */
export interface Guide {
  /** The page to open first. */
  opens: string;
  steps: readonly string[];
  /** What reviews, audits and modes mean for one's own posts. */
  review: string;
}

/** Names of menus are the platforms’ own, as of November 2026; each address is the source of its steps. */
export const guides: Readonly<Record<PlatformId, Guide>> = {
  tiktok: {
    opens: 'https://developers.tiktok.com/apps',
    steps: [
      'Manage apps, Connect an app; then open its Sandbox tab and make a sandbox.',
      'Add the product Login Kit for Desktop.',
      'Under Target users add your own TikTok account, then Apply changes.',
    ],
    review:
      'TikTok does not review apps for private use. Yours stays in its Sandbox, which serves up to ten target users and needs no review.',
  },
  youtube: {
    opens: 'https://console.cloud.google.com/apis/library/youtube.googleapis.com',
    steps: [
      'Make a project and enable the YouTube Data API v3.',
      'Google Auth Platform: audience External, add yourself as a test user, then publish the app to production.',
      'Clients: make one of type Desktop app.',
    ],
    review:
      'While the app is in Testing, Google ends every sign-in after seven days. Uploads of a project that has not passed Google’s API audit are locked private; the audit is free and takes some weeks.',
  },
  instagram: {
    opens: 'https://developers.facebook.com/apps',
    steps: [
      'You need a professional Instagram account that is linked to a Facebook Page of yours.',
      'Make an app with the use case “Manage messaging and content on Instagram”.',
      'Add Facebook Login for Business, then switch the app to Live.',
    ],
    review:
      'Your own accounts need no App Review. While the app is in development mode, only people with a role in it see the posts.',
  },
  x: {
    opens: 'https://console.x.com',
    steps: [
      'Make an app inside a project with the package pay-per-use, environment production.',
      'User authentication settings: OAuth 2.0, type Native App, permission Read and write.',
      'Buy a little credit, and set a spending limit.',
    ],
    review:
      'No review. Each post costs 0.015 US dollars, one with a link 0.20; repost takes links out unless you say otherwise.',
  },
  facebook: {
    opens: 'https://developers.facebook.com/apps',
    steps: [
      'The same kind of app as for Instagram, with a Page that you control.',
      'Switch the app to Live.',
    ],
    review: 'Your own Page needs no App Review. Personal profiles can’t be posted to by any program.',
  },
  threads: {
    opens: 'https://developers.facebook.com/apps',
    steps: [
      'Make an app with the use case “Access the Threads API”; it has an id and a secret of its own.',
      'App roles: add your profile as a Threads tester, and accept the invitation in the Threads app.',
    ],
    review:
      'A tester’s own profile needs no App Review. Threads fetches videos from a media host of yours: repost host set.',
  },
  bluesky: {
    opens: 'https://bsky.app/settings/app-passwords',
    steps: ['Confirm your e-mail address in Settings, Account.', 'Make an app password.'],
    review: 'No app and no review. An app password lasts; a sign-in in the browser ends after 14 days.',
  },
  mastodon: {
    opens: 'https://joinmastodon.org/servers',
    steps: ['You need an account on any server; repost registers itself there.'],
    review: 'No review. Some servers want automated accounts to say so in their profile.',
  },
  linkedin: {
    opens: 'https://developer.linkedin.com',
    steps: [
      'You need a LinkedIn page; every app belongs to one.',
      'Products: add Share on LinkedIn, and Sign In with LinkedIn using OpenID Connect.',
    ],
    review: 'Both products come at once, for your own profile. LinkedIn ends every sign-in after sixty days.',
  },
  pinterest: {
    opens: 'https://developers.pinterest.com/apps',
    steps: [
      'You need a business account and a board.',
      'Connect an app; it is approved for Trial access first, then apply for Standard access.',
    ],
    review:
      'Pinterest reviews every app by hand. With Trial access posts go to its own sandbox, where only you see them.',
  },
  telegram: {
    opens: 'https://t.me/BotFather',
    steps: [
      'Write /newbot to @BotFather; it answers with a token.',
      'Make the bot an administrator of your channel, with Post messages on.',
      'Open a chat with the bot and press Start.',
    ],
    review: 'No review.',
  },
};
