import { HOUR, MINUTE } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { FailureDetails } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import { lastLine } from './program.ts';

interface Row {
  /** What yt-dlp writes (extractor/tiktok.py and YoutubeDL.py at https://github.com/yt-dlp/yt-dlp, tag 2026.08.19). */
  says: RegExp;
  code: ErrorCode;
  details: Omit<FailureDetails, 'notBefore'>;
  /** How long to leave it alone. */
  waitMs?: number;
}

const UPDATE = 'Update yt-dlp (yt-dlp -U, or pipx upgrade yt-dlp): TikTok changes often.';
const OTHER_WAY =
  'Put the original into a folder and give the rule that folder as well (--media folder:DIR).';

/** From the most to the least particular: the first that fits counts. */
const table: readonly Row[] = [
  {
    says: /HTTP Error 429/,
    code: 'E_RATE_LIMIT',
    details: { kind: 'later', reason: 'media', message: 'TikTok throttles yt-dlp (HTTP 429).' },
    waitMs: 30 * MINUTE,
  },
  {
    says: /unable to download video data: HTTP Error 403/i,
    code: 'E_NETWORK',
    details: { message: 'TikTok’s file server refused the address it had just given to yt-dlp (HTTP 403).' },
  },
  {
    says: /Unable to download webpage: HTTP Error 403/,
    code: 'E_TOOL_FAILED',
    details: { message: 'TikTok takes yt-dlp for a robot (HTTP 403).', hint: `${UPDATE} ${OTHER_WAY}` },
    waitMs: 15 * MINUTE,
  },
  {
    says: /Got error: \d+ bytes read|more expected/,
    code: 'E_NETWORK',
    details: { message: 'The file broke off while yt-dlp fetched it.' },
  },
  {
    says: /Your IP address is blocked/,
    code: 'E_TOOL_FAILED',
    details: { message: 'TikTok blocks this machine’s address for this video.', hint: OTHER_WAY },
    waitMs: HOUR,
  },
  {
    says: /do not have permission to view/i,
    code: 'E_NO_MEDIA',
    details: {
      kind: 'later',
      reason: 'media',
      message: 'TikTok shows this video only to some people: the video or the account is private.',
      hint: `Make it public again. Or: ${OTHER_WAY}`,
    },
    waitMs: HOUR,
  },
  {
    says: /requiring login|Log in(to an account)? (for|that has) access|comfortable for some audiences/i,
    code: 'E_NO_MEDIA',
    details: {
      kind: 'later',
      reason: 'media',
      message: 'TikTok shows this video to signed-in people only.',
      hint: OTHER_WAY,
    },
    waitMs: HOUR,
  },
  {
    says: /Video not available, status code/,
    code: 'E_SOURCE_GONE',
    details: { kind: 'retry', message: 'TikTok says the video is not available.' },
    waitMs: 10 * MINUTE,
  },
  {
    says: /Unsupported URL/,
    code: 'E_MEDIA_INVALID',
    details: { kind: 'reject', message: 'It is a photo post: there is no video in it.' },
  },
  {
    says: /Requested format is not available/,
    code: 'E_MEDIA_INVALID',
    details: {
      kind: 'reject',
      message:
        'TikTok offers no video without a mark for this post: it is a slideshow, or only the marked copy is left.',
    },
  },
  {
    says: /no such option|Impersonate target .* is not available/,
    code: 'E_TOOL_MISSING',
    details: {
      kind: 'later',
      reason: 'media',
      message: 'This yt-dlp can’t do what is needed: it is too old, or a part of it is missing (curl_cffi).',
      hint: UPDATE,
    },
    waitMs: 10 * MINUTE,
  },
  {
    says: /Unexpected response from webpage|Unable to extract|Unable to solve JS challenge|please report this issue/,
    code: 'E_TOOL_FAILED',
    details: {
      message: 'yt-dlp does not understand TikTok’s page: the page changed, or asks for a captcha.',
      hint: UPDATE,
    },
    waitMs: 5 * MINUTE,
  },
  {
    says: /No space left on device/,
    code: 'E_DISK_FULL',
    details: { kind: 'later', reason: 'media', message: 'The disk of the media cache is full.' },
    waitMs: 5 * MINUTE,
  },
  {
    says: /HTTP Error 5\d\d|Failed to resolve|timed out|Connection (refused|reset)|Unable to connect to proxy|Network is unreachable|Temporary failure in name resolution/i,
    code: 'E_NETWORK',
    details: { message: 'yt-dlp could not reach TikTok.' },
  },
];

/** What a failed run of yt-dlp means, by what it wrote on stderr. */
export function classifyYtdlp(stderr: string, exitCode: number | null, now: number): Failure {
  const row = table.find(({ says }) => says.test(stderr));
  if (row !== undefined) {
    const notBefore = row.waitMs === undefined ? {} : { notBefore: now + row.waitMs };
    return new Failure(row.code, { ...row.details, ...notBefore });
  }
  const ended = exitCode === null ? 'was killed' : `ended with ${exitCode}`;
  const said = withoutAddresses(lastLine(stderr));
  return new Failure('E_TOOL_FAILED', {
    message: said === '' ? `yt-dlp ${ended} and said nothing.` : `yt-dlp ${ended}: ${said}`,
    hint: UPDATE,
  });
}

/** Addresses of files are signed: they are secrets. */
function withoutAddresses(text: string): string {
  return text.replace(/https?:\S+/g, 'an address');
}
