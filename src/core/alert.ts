import { parseTimeSpan, type TimeSpan } from './alert-hours.ts';
import type { AlertRule, Severity } from './alert-rules.ts';

/** Something bad that is so now. Its key stays the same for as long as it lasts. */
export interface Problem {
  /** Stable: `dead-letter:12`, `sign-in-needed:3`, `disk`. */
  key: string;
  rule: AlertRule;
  severity: Severity;
  /** Changes when its person has to hear again: `14`, `7`, `3`, `1` days before a sign-in ends. Else ''. */
  step: string;
  /** Whose it is; null where it is everybody's. */
  user: string | null;
  /** What is wrong, in one sentence. */
  title: string;
  /** What a person needs to know, as name and value: job, rule, destination, error code. */
  facts: readonly (readonly [string, string])[];
  /** What to do, in one sentence. */
  todo: string;
  /** The command that does it. */
  command?: string;
  /** The page that does it. */
  link?: string;
}

/** `open`: new. `still`: told before and not mended. `resolved`: over. */
export type ItemState = 'open' | 'still' | 'resolved';

/** One problem as a message tells it. */
export interface AlertItem {
  state: ItemState;
  rule: string;
  severity: Severity;
  title: string;
  facts: readonly (readonly [string, string])[];
  todo: string;
  command: string | null;
  link: string | null;
  /** When it began (ISO 8601, UTC). */
  since: string;
}

/** What goes to a channel: the same for all services, each of which says it in its own way. No secrets. */
export interface AlertMessage {
  schemaVersion: 1;
  /** The same for every try to send this message. */
  id: string;
  kind: 'alert' | 'digest' | 'week' | 'test';
  /** Of the worst that is new or still so; `info` where all is over. */
  severity: Severity;
  title: string;
  /** Sentences above the items. */
  lines: readonly string[];
  items: readonly AlertItem[];
  /** Items that were left out. */
  more: number;
  /** ISO 8601, UTC. */
  createdAt: string;
}

export const channelKinds = [
  'slack',
  'discord',
  'telegram',
  'ntfy',
  'email',
  'webhook',
  'desktop',
  'heartbeat',
] as const;
export type ChannelKind = (typeof channelKinds)[number];

/** Where alerts go, and which. No secrets: those are in the vault under the channel's name. */
export interface Channel {
  id: number;
  name: string;
  kind: ChannelKind;
  settings: ChannelSettings;
  /** When the next digest is due (epoch ms); null where none is wanted. */
  digestAt: number | null;
  /** The same for the weekly summary. */
  weeklyAt: number | null;
  createdAt: number;
  updatedAt: number;
}

export interface ChannelSettings {
  /** Nothing below this is told. */
  severity: Severity;
  /** Only these rules; null: all. */
  only: readonly AlertRule[] | null;
  except: readonly AlertRule[];
  /** Only what is this user's; null: everything. */
  user: string | null;
  /** `22:00-08:00`: then only what is critical is told, the rest after it. */
  quiet: string | null;
  /** `09:00`: a summary each day. */
  digest: string | null;
  /** `mon 09:00`: a summary each week. Channels of older versions have no such setting. */
  weekly?: string | null;
  /** How often what is critical and not mended is told again (ms); 0: never. */
  repeatMs: number;
  /** Where it goes, for people: a host, an address, a chat. Never the secret part. */
  place: string;
  /** Telegram: the chat's id or @name. */
  chat?: string;
  mail?: MailSettings;
}

export interface MailSettings {
  host: string;
  port: number;
  /** `starttls` is demanded, never only hoped for. `none`: for a server on this machine. */
  tls: 'starttls' | 'tls' | 'none';
  user: string | null;
  from: string;
  to: readonly string[];
  /** PEM file of a certificate authority of one's own. */
  caFile: string | null;
}

/** The secret part of a channel, kept in the vault. */
export interface ChannelSecrets {
  /** Slack, Discord, ntfy, webhook, heartbeat. */
  url?: string;
  /** Telegram's bot token; ntfy's access token. */
  token?: string;
  /** The webhook's signing key. */
  key?: string;
  /** SMTP. */
  password?: string;
}

/** True where a channel wants to hear of a problem. Pure. */
export function wants({ name, kind, settings }: Channel, problem: Problem): boolean {
  if (kind === 'heartbeat') return false;
  const { severity, only, except, user } = settings;
  return (
    rank(problem.severity) >= rank(severity) &&
    (only === null || only.includes(problem.rule)) &&
    !except.includes(problem.rule) &&
    (user === null || problem.user === user) &&
    // A channel that fails can't say so itself.
    problem.key !== `alerts-failing:${name}`
  );
}

export function rank(severity: Severity): number {
  return ['info', 'warning', 'critical'].indexOf(severity);
}

export function quietHours(settings: ChannelSettings): TimeSpan | undefined {
  return settings.quiet === null ? undefined : parseTimeSpan(settings.quiet);
}
