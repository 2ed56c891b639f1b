import { platformIds } from '../core/names.ts';
import type { SimPlace } from './types.ts';

/** What goes wrong. `processed` says whether the simulator did what it was asked before it went wrong. */
export type FaultAction =
  /** The connection is reset before anything is read. */
  | { kind: 'refuse' }
  /** Processed whole; the connection is cut before the answer. */
  | { kind: 'lost' }
  /** This answer instead, without processing. */
  | { kind: 'status'; status: number; headers?: Readonly<Record<string, string>>; body?: string | object }
  /** Processed, then this answer instead of the true one. */
  | {
      kind: 'status-after';
      status: number;
      headers?: Readonly<Record<string, string>>;
      body?: string | object;
    }
  /** A page that is no JSON, with 200. */
  | { kind: 'garbage'; processed?: boolean }
  /** Processed; the connection is cut after this many bytes of the answer's body (default: half of it). */
  | { kind: 'cut-body'; bytes?: number }
  /** Processed; the answer ends early but properly: a body that stops in the middle, of the right length. */
  | { kind: 'truncate'; bytes?: number }
  /** No answer until the client gives up. */
  | { kind: 'hang'; processed?: boolean }
  /** The connection is cut after this many bytes of the request's body: the simulator sees the part. */
  | { kind: 'cut-upload'; bytes: number };

/** Kinds that need no further words may be given by name. */
export type FaultName = 'refuse' | 'lost' | 'garbage' | 'cut-body' | 'truncate' | 'hang';

export interface FaultRule {
  platform?: SimPlace;
  origin?: string;
  method?: string;
  /** Starting with `/`: a prefix of the path. Anything else: the source of a regular expression. */
  path?: string;
  /** From the n-th matching request on, 1-based, counted since the rule was added. Default 1. */
  nth?: number;
  /** How many requests it befalls. Default: one where `nth` is given, else every one. */
  times?: number;
  action: FaultAction | FaultName;
}

/** What a rule can see of a request. */
export interface RequestHead {
  platform: SimPlace;
  origin: string;
  method: string;
  path: string;
}

export interface Faults {
  /** Adds a rule; the returned function takes it away. */
  add(rule: FaultRule): () => void;
  clear(): void;
  rules(): readonly (FaultRule & { matched: number; fired: number })[];
  /** Counts the request against every rule and gives what befalls it: the first rule that is due. */
  take(head: RequestHead): FaultAction | undefined;
}

interface LiveRule {
  rule: FaultRule;
  action: FaultAction;
  matches: (head: RequestHead) => boolean;
  matched: number;
  fired: number;
}

export function createFaults(): Faults {
  let live: LiveRule[] = [];
  return {
    add(rule) {
      const added: LiveRule = {
        rule,
        action: typeof rule.action === 'string' ? { kind: rule.action } : rule.action,
        matches: matcher(rule),
        matched: 0,
        fired: 0,
      };
      live.push(added);
      return () => {
        live = live.filter((other) => other !== added);
      };
    },
    clear() {
      live = [];
    },
    rules: () => live.map(({ rule, matched, fired }) => ({ ...rule, matched, fired })),
    take(head) {
      let due: LiveRule | undefined;
      for (const candidate of live) {
        if (!candidate.matches(head)) continue;
        candidate.matched += 1;
        if (due === undefined && isDue(candidate)) due = candidate;
      }
      if (due) due.fired += 1;
      return due?.action;
    },
  };
}

function isDue({ rule, matched, fired }: LiveRule): boolean {
  const times = rule.times ?? (rule.nth === undefined ? Number.POSITIVE_INFINITY : 1);
  return matched >= (rule.nth ?? 1) && fired < times;
}

function matcher(rule: FaultRule): (head: RequestHead) => boolean {
  const { path } = rule;
  const pattern = path === undefined || path.startsWith('/') ? undefined : new RegExp(path, 'u');
  return (head) =>
    (rule.platform === undefined || rule.platform === head.platform) &&
    (rule.origin === undefined || rule.origin === head.origin) &&
    (rule.method === undefined || rule.method.toUpperCase() === head.method) &&
    (path === undefined || (pattern ? pattern.test(head.path) : head.path.startsWith(path)));
}

const kinds: readonly string[] = [
  'refuse',
  'lost',
  'status',
  'status-after',
  'garbage',
  'cut-body',
  'truncate',
  'hang',
  'cut-upload',
] satisfies FaultAction['kind'][];

/** A rule that came as JSON. Throws an Error that says what is wrong with it. */
export function parseFaultRule(input: unknown): FaultRule {
  if (typeof input !== 'object' || input === null) throw new Error('a fault rule is a JSON object');
  const rule = input as Record<string, unknown>;
  const named = typeof rule['action'] === 'string' ? { kind: rule['action'] } : rule['action'];
  if (typeof named !== 'object' || named === null) throw new Error('a fault rule needs an action');
  const action = named as Record<string, unknown>;
  if (!kinds.includes(String(action['kind']))) throw new Error(`action.kind is one of ${kinds.join(', ')}`);
  for (const [where, name] of [
    [action, 'status'],
    [action, 'bytes'],
    [rule, 'nth'],
    [rule, 'times'],
  ] as const) {
    if (where[name] !== undefined && !Number.isInteger(where[name]))
      throw new Error(`${name} is a whole number`);
  }
  const { kind } = action;
  if ((kind === 'status' || kind === 'status-after') && action['status'] === undefined)
    throw new Error(`the action ${kind} needs a status`);
  if (kind === 'cut-upload' && action['bytes'] === undefined) throw new Error('cut-upload needs bytes');
  if (rule['platform'] !== undefined && ![...platformIds, 'bucket'].includes(String(rule['platform'])))
    throw new Error('platform is none of the known names');
  return { ...rule, action: action as FaultAction } as FaultRule;
}
