import { Failure } from '../core/failure.ts';
import type { ErrorRow, GraphReader } from './meta-errors.ts';
import { classifyGraph } from './meta-errors.ts';

const refused = { kind: 'reject', certain: true } as const;
const person = { kind: 'login', certain: true } as const;

/**
 * What Pages add to Graph's errors; many of these numbers come now as code, now as subcode.
 * https://developers.facebook.com/documentation/video-api/guides/reels-publishing
 */
const facebookErrors: readonly ErrorRow[] = [
  {
    code: 100,
    says: /no permission to publish/iu,
    error: 'E_SCOPES',
    ...person,
    what: 'This person may not publish on the Page.',
    hint: 'Ask the Page’s owner for the task “Content”, then sign in here again.',
  },
  {
    either: [6000],
    error: 'E_PROCESSING',
    kind: 'retry',
    certain: true,
    what: 'Facebook has a problem with the file, or has not got it whole.',
  },
  {
    either: [1363019, 1363021, 1363030, 1363033, 1363041, 1363045, 1363037],
    error: 'E_HANDLE_EXPIRED',
    kind: 'retry',
    certain: true,
    what: 'The upload broke off on Facebook’s side.',
  },
  {
    either: [1363020, 1363022, 1363023, 1363024, 1363025, 1363026, 1363031, 1363032, 1363040],
    error: 'E_MEDIA_REFUSED',
    ...refused,
    what: 'Facebook doesn’t take this file.',
  },
  { either: [1363127], error: 'E_MEDIA_REFUSED', ...refused, what: 'The picture is smaller than 540×960.' },
  {
    either: [1363128],
    error: 'E_MEDIA_REFUSED',
    ...refused,
    what: 'The video is not between 3 and 90 seconds long.',
  },
  {
    either: [1363129],
    error: 'E_MEDIA_REFUSED',
    ...refused,
    what: 'The frame rate is not between 24 and 60.',
  },
  {
    either: [1363047],
    error: 'E_PROCESSING',
    kind: 'retry',
    certain: true,
    what: 'Facebook could not encode the reel.',
  },
  {
    either: [1363042, 1363005],
    error: 'E_SCOPES',
    ...person,
    what: 'This person may not upload to the Page.',
  },
  { either: [1390008], error: 'E_RATE_LIMIT', reason: 'quota', waitMs: 900_000, what: 'Posting too fast.' },
  {
    either: [1346003, 1404102],
    error: 'E_REFUSED',
    ...refused,
    what: 'Facebook takes the content to be against its standards.',
  },
  {
    either: [1404006, 1404112, 4854002, 1404078],
    error: 'E_ACCOUNT_BLOCKED',
    ...person,
    what: 'Facebook wants something of the Page’s person first (security check, identity, publishing authorization).',
    hint: 'Open the Facebook app, do what it asks, then sign in here again.',
  },
  {
    either: [1609005, 1500, 1609008],
    error: 'E_TEXT_REFUSED',
    ...refused,
    what: 'Facebook doesn’t take a link in the text.',
  },
];

/** Reads Facebook's error answers; undefined leaves them to the shared rule. */
export const classifyFacebook: GraphReader = (response, _request, clock) =>
  classifyGraph('Facebook', facebookErrors, response, clock);

/** What a number in a video's status says of it. */
export function videoRefused(code: number | undefined, words: string): Failure {
  const row = facebookErrors.find(({ either }) => code !== undefined && either?.includes(code));
  const number = code === undefined ? '' : ` (${code})`;
  return new Failure(row?.error === 'E_REFUSED' ? 'E_REFUSED' : 'E_MEDIA_REFUSED', {
    message: `${row?.what ?? 'Facebook could not publish the reel.'} It says: “${words}”${number}`,
  });
}
