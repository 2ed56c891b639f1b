import type { Clock } from '../core/clock.ts';
import { HOUR } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import { Failure } from '../core/failure.ts';

/** Full days and windows are asked about again this often: nobody says when they have room. */
const ASK_AGAIN_MS = HOUR;

interface Row {
  code: ErrorCode;
  kind: 'later' | 'login' | 'reject' | 'retry';
  what: string;
  hint?: string;
}

const command = 'repost login tiktok --for-posting';

/**
 * Refusals of the Content Posting API by their codes. What a post may not be now it may be later; what its person must
 * settle waits for the person. https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
 */
const refusals: Readonly<Record<string, Row>> = {
  spam_risk_too_many_posts: {
    code: 'E_QUOTA',
    kind: 'later',
    what: 'TikTok takes no more posts by programs for this account today (about 15 a day, those of other programs included).',
  },
  spam_risk_too_many_pending_share: {
    code: 'E_QUOTA',
    kind: 'later',
    what: 'Five drafts of the last 24 hours still lie in the TikTok inbox.',
    hint: 'Open TikTok, post or delete them; the next one then goes there by itself.',
  },
  reached_active_user_cap: {
    code: 'E_QUOTA',
    kind: 'later',
    what: 'An app without TikTok’s audit may post for five accounts in 24 hours, and has.',
  },
  spam_risk_user_banned_from_posting: {
    code: 'E_ACCOUNT_BLOCKED',
    kind: 'login',
    what: 'TikTok has banned this account from posting.',
    hint: 'See in the TikTok app what it says about the account, then sign in here again.',
  },
  unaudited_client_can_only_post_to_private_accounts: {
    code: 'E_APP_SETUP',
    kind: 'login',
    what: 'TikTok has not audited your developer app: it may post to private accounts only, visible to their owner alone.',
    hint: 'Make the TikTok account private, or let the rule send drafts (--option tiktok.mode=draft), or have the app audited; then sign in here again.',
  },
  privacy_level_option_mismatch: {
    code: 'E_REFUSED',
    kind: 'reject',
    what: 'TikTok does not offer this account the audience that the rule wants.',
    hint: 'Choose another one with --option tiktok.privacy=…, then retry.',
  },
};

/** Why a file that came whole did not become a post: https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status */
const failures: Readonly<Record<string, Row>> = {
  file_format_check_failed: {
    code: 'E_MEDIA_REFUSED',
    kind: 'reject',
    what: 'TikTok doesn’t take the file’s format.',
  },
  duration_check_failed: {
    code: 'E_MEDIA_REFUSED',
    kind: 'reject',
    what: 'TikTok doesn’t take the video’s length from this account.',
  },
  frame_rate_check_failed: {
    code: 'E_MEDIA_REFUSED',
    kind: 'reject',
    what: 'TikTok doesn’t take the frame rate.',
  },
  picture_size_check_failed: {
    code: 'E_MEDIA_REFUSED',
    kind: 'reject',
    what: 'TikTok doesn’t take the picture’s size.',
  },
  // TikTok itself says that this one may be tried again.
  internal: { code: 'E_PROCESSING', kind: 'retry', what: 'TikTok’s processing broke down.' },
  publish_cancelled: { code: 'E_REFUSED', kind: 'reject', what: 'The post was cancelled in the TikTok app.' },
  auth_removed: { code: 'E_LOGIN_NEEDED', kind: 'login', what: 'The app’s access was taken away meanwhile.' },
  spam_risk_too_many_posts: {
    code: 'E_QUOTA',
    kind: 'reject',
    what: 'TikTok takes no more posts for this account today.',
  },
  spam_risk_user_banned_from_posting: {
    code: 'E_ACCOUNT_BLOCKED',
    kind: 'login',
    what: 'TikTok has banned this account from posting.',
  },
  spam_risk_text: { code: 'E_TEXT_REFUSED', kind: 'reject', what: 'TikTok takes the caption for spam.' },
  spam_risk: { code: 'E_REFUSED', kind: 'reject', what: 'TikTok takes the post for spam.' },
};

/** Undefined where the code is none of posting's. */
export function postingRefusal(
  code: string,
  { status, log, clock }: { status: number; log: string; clock: Clock },
): Failure | undefined {
  const row = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (!row) return undefined;
  const { kind, what, hint } = row;
  return new Failure(row.code, {
    status,
    certain: true,
    kind,
    message: `${what} (${code})${log}`,
    ...(hint === undefined ? {} : { hint }),
    ...(kind === 'later' ? { reason: 'quota', notBefore: clock.now() + ASK_AGAIN_MS } : {}),
    ...(kind === 'login' ? { command } : {}),
  });
}

/** What a `fail_reason` says: kind `retry` where the same file may be sent anew. */
export function failureOf(reason: string): Failure {
  const row = Object.hasOwn(failures, reason) ? failures[reason] : undefined;
  const { code, kind, what } = row ?? {
    code: 'E_PROCESSING',
    kind: 'reject',
    what: 'TikTok could not post the video.',
  };
  return new Failure(code, { kind, message: `${what} (${reason === '' ? 'no reason told' : reason})` });
}
