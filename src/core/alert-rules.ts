import { MINUTE } from './clock.ts';

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

interface RuleSpec {
  severity: Severity;
  /** What it watches, for people. */
  title: string;
  /** How long it must last before it is told (ms). */
  waitMs: number;
  /** True where only a person can mend it. */
  person: boolean;
  /** True where its end is no news. */
  endsSilently?: true;
}

/** Every kind of trouble that is told. A rule's severity may rise with its case: see each problem's own. */
const table = {
  'sign-in-needed': {
    severity: 'critical',
    title: 'an account must sign in again',
    waitMs: 0,
    person: true,
  },
  'sign-in-ends': {
    severity: 'warning',
    title: 'a sign-in ends in 14, 7, 3 or 1 days',
    waitMs: 0,
    person: true,
  },
  'source-silent': {
    severity: 'critical',
    title: 'a source could not be read for five intervals',
    waitMs: 0,
    person: true,
  },
  'publishing-held': {
    severity: 'critical',
    title: 'publishing is held, because the database may not know all that was posted',
    waitMs: 0,
    person: true,
  },
  'unknown-outcome': {
    severity: 'warning',
    title: 'a post was sent and nobody can say whether it appeared',
    waitMs: 0,
    person: true,
  },
  'dead-letter': { severity: 'warning', title: 'a post failed for good', waitMs: 0, person: true },
  'platform-failing': {
    severity: 'warning',
    title: 'a platform keeps failing, its lane rests',
    waitMs: 5 * MINUTE,
    person: false,
  },
  quota: { severity: 'warning', title: 'a limit is used up, posts wait', waitMs: 0, person: false },
  money: {
    severity: 'critical',
    title: 'prepaid credit or a spending cap is used up',
    waitMs: 0,
    person: true,
  },
  'file-missing': {
    severity: 'warning',
    title: 'a post waits for its file for ten minutes',
    waitMs: 10 * MINUTE,
    person: true,
  },
  'media-host': { severity: 'warning', title: 'the media host doesn’t work', waitMs: 0, person: true },
  approval: { severity: 'info', title: 'a post waits for approval', waitMs: 0, person: true },
  stuck: {
    severity: 'critical',
    title: 'posts are due for half an hour and none goes out',
    waitMs: 0,
    person: true,
  },
  disk: { severity: 'critical', title: 'the disk is full, or nearly', waitMs: 0, person: true },
  vault: { severity: 'critical', title: 'the vault is locked or can’t be read', waitMs: 0, person: true },
  'post-warning': {
    severity: 'warning',
    title: 'a post is out, but not as it should be (locked to private, cut)',
    waitMs: 0,
    person: true,
    endsSilently: true,
  },
  'alerts-failing': {
    severity: 'warning',
    title: 'another alert channel can’t be reached',
    waitMs: 0,
    person: true,
  },
  trouble: {
    severity: 'warning',
    title: 'something went wrong inside repost',
    waitMs: 0,
    person: false,
    endsSilently: true,
  },
} as const satisfies Record<string, RuleSpec>;

export type AlertRule = keyof typeof table;

export const alertRules: Readonly<Record<AlertRule, RuleSpec>> = table;

export function isAlertRule(text: string): text is AlertRule {
  return Object.hasOwn(table, text);
}
