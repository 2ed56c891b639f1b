import type { OAuthSignIn, Platform } from '../../src/core/platform.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { facebook } from '../../src/platforms/facebook.ts';
import { instagram } from '../../src/platforms/instagram.ts';
import { instagramLogin } from '../../src/platforms/instagram-login.ts';
import { linkedin } from '../../src/platforms/linkedin.ts';
import { mastodon } from '../../src/platforms/mastodon.ts';
import { pinterest } from '../../src/platforms/pinterest.ts';
import { telegram } from '../../src/platforms/telegram.ts';
import { threads } from '../../src/platforms/threads.ts';
import { tiktok } from '../../src/platforms/tiktok-post.ts';
import { postingSignIn } from '../../src/platforms/tiktok-sign-in.ts';
import { x } from '../../src/platforms/x.ts';
import { youtube } from '../../src/platforms/youtube.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { inProcessPlainHttp } from '../platforms/in-process.ts';
import { telegramAccount } from '../platforms/telegram-stage.ts';
import { keepAccount, sandboxApp, signInTo, type World } from './home.ts';
import { type ContractOptions, weaknesses } from './platform.ts';

type Candidate = readonly [Platform, ContractOptions];

const allWeaknesses = Object.keys(weaknesses) as (keyof typeof weaknesses)[];

const quirks =
  (platform: string, change: object) =>
  ({ sandbox }: World) =>
    sandbox.control(platform, 'quirks', change);

const endedAtMeta = {
  error: { message: 'Session has expired', type: 'OAuthException', code: 190, error_subcode: 463 },
};
const refusedByMeta = { kind: 'status', status: 400, body: endedAtMeta } as const;

// Understood by whoever asks: the API says it with `code`, the token endpoint with its own word.
const endedAtTiktok = {
  data: {},
  error: { code: 'access_token_invalid', type: 'invalid_grant', message: 'It has ended.' },
};

// Without LinkedIn's filter of duplicates, which would hide a second sending; with parts of 40 kB.
const bareLinkedin = quirks('linkedin', { duplicateHours: 0, leastBytes: 1000, partBytes: 40_000 });

/** Pages may list what they posted: a lost sending is looked for. */
async function asPage(world: World) {
  const { sandbox, clock } = world;
  const signIn = linkedin.otherSignIns!['page'] as OAuthSignIn;
  const app = sandboxApp('linkedin');
  const redirectUri = signIn.redirect.uri;
  const asked = { app, redirectUri, state: 'state-of-the-contract', scopes: signIn.scopes };
  const { redirectedTo } = await approveWithin(sandbox, signIn.authorizeUrl(asked));
  const callback = new URL(redirectedTo).searchParams;
  const http = inProcessPlainHttp(sandbox, linkedin);
  const code = callback.get('code') ?? '';
  const grant = await signIn.exchange({ http, app, clock, code, redirectUri, verifier: '', callback });
  return keepAccount(world, linkedin, grant, app);
}

/** Every platform as the contract tries it, with the simulator at its least forgiving. */
export const candidates = {
  // A session that repeats its final answer would forgive a second sending: here it is gone with its last byte.
  youtube: [
    youtube,
    {
      prepare: quirks('youtube', { forgetsFinished: true }),
      // A bare 401 of Google's token endpoint says nothing about the grant: only these words end a sign-in.
      refusedToken: { kind: 'status', status: 401, body: { error: 'invalid_grant' } },
    },
  ],
  instagram: [instagram, { refusedToken: refusedByMeta }],
  // The second way in: Instagram fetches the video from the media host.
  instagramLogin: [
    { ...instagram, name: 'Instagram by Instagram Login', signIn: instagramLogin },
    { refusedToken: refusedByMeta, pairStride: 5 },
  ],
  // Without X's filter of duplicates, which would hide a second sending.
  x: [x, { prepare: quirks('x', { duplicateHours: 0 }) }],
  facebook: [facebook, { refusedToken: refusedByMeta }],
  threads: [threads, { refusedToken: refusedByMeta, pairStride: 5 }],
  bluesky: [
    bluesky,
    {
      refusedToken: {
        kind: 'status',
        status: 400,
        body: { error: 'ExpiredToken', message: 'Token has expired' },
      },
      pairStride: 9,
      // A record can be put once under its key, whoever sends it however often.
      harmless: allWeaknesses,
    },
  ],
  // Within the hour of these trials the server answers a repeated key with the first post, however it comes about.
  mastodon: [mastodon, { harmless: allWeaknesses, pairStride: 3 }],
  // A server that speaks Mastodon's language and takes no notice of keys: there only looking helps.
  mastodonWithoutKeys: [
    { ...mastodon, name: 'Mastodon without keys' },
    {
      prepare: quirks('mastodon', {
        version: '2.7.2 (compatible; Other 0.12.4)',
        honoursKeys: false,
        wholeScopes: true,
        exactPort: true,
        oldUploads: true,
        listSeconds: 10,
      }),
      pairStride: 3,
    },
  ],
  linkedin: [linkedin, { prepare: bareLinkedin, account: asPage }],
  // Members may not list theirs: where an answer is lost, a person must look.
  linkedinMember: [
    { ...linkedin, name: 'LinkedIn, as a member' },
    { prepare: bareLinkedin, mayAsk: true, pairStride: 3 },
  ],
  pinterest: [
    pinterest,
    {
      // An upload that can become one Pin only would hide a second sending.
      prepare: quirks('pinterest', { mediaOnce: false }),
      pairStride: 2,
      refusedToken: { kind: 'status', status: 401, body: { code: 2, message: 'Authentication failed.' } },
    },
  ],
  telegram: [
    telegram,
    {
      account: telegramAccount,
      refusedToken: {
        kind: 'status',
        status: 401,
        body: { ok: false, error_code: 401, description: 'Unauthorized' },
      },
      mayAsk: true,
    },
  ],
  tiktok: [
    tiktok,
    {
      account: (world) => signInTo(world, { ...tiktok, signIn: postingSignIn }),
      refusedToken: { kind: 'status', status: 401, body: endedAtTiktok },
      pairStride: 4,
      // The end of an upload can be sent however often: an upload makes one post.
      harmless: allWeaknesses,
    },
  ],
} satisfies Readonly<Record<string, Candidate>>;
