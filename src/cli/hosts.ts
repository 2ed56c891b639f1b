import { MINUTE, SECOND } from '../core/clock.ts';
import type { HostRow } from '../store/types.ts';
import { iso, schemaVersion } from '../web/views.ts';
import type { Check } from './app-check.ts';
import { counted } from './counted.ts';
import { pass, warn } from './doctor/checks.ts';
import type { Task } from './must-do.ts';
import { spanText } from './table.ts';
import { version } from './version.ts';

/** `lost`: it neither gives signs of life nor has ended in good order. */
type HostState = 'working' | 'draining' | 'stopped' | 'lost';

/** Two leases: a host that loses its database for a moment is not lost. */
const LOST_MS = 2 * MINUTE;
/** Windows and due times are told by each host's own clock. */
const MOST_SKEW_MS = 5 * SECOND;

export function stateOf(host: HostRow, now: number): HostState {
  if (host.instance === '') return 'stopped';
  if (now - host.seenAt > LOST_MS) return 'lost';
  return host.draining ? 'draining' : 'working';
}

/** A host as `--json` shows it. */
export function hostView(host: HostRow, now: number) {
  const { name, version: its, startedAt, seenAt, skewMs, running, doubts } = host;
  return {
    schemaVersion,
    name,
    state: stateOf(host, now),
    version: its,
    startedAt: iso(startedAt),
    seenAt: iso(seenAt),
    skewMs,
    running,
    doubts,
  };
}

/** What a person must do about lost hosts. */
export function hostTasks(hosts: readonly HostRow[], now: number): Task[] {
  return lostOf(hosts, now).map((host) => ({
    message: `The host ${host.name} gives no sign of life since ${spanText(now - host.seenAt)}${doubtsText(host)}. Start it again; if it never will be:`,
    command: `repost hosts forget ${host.name}`,
  }));
}

/** Lost hosts, clocks that differ from the database’s, and versions that differ from each other. */
export function hostChecks(hosts: readonly HostRow[], now: number): Check[] {
  const live = hosts.filter((host) => ['working', 'draining'].includes(stateOf(host, now)));
  const lost = lostOf(hosts, now).map((host) =>
    warn(
      `the host ${host.name} gives no sign of life since ${spanText(now - host.seenAt)}${doubtsText(host)}`,
      `Start it again. Only if it never will be: repost hosts forget ${host.name}`,
    ),
  );
  const skewed = live
    .filter(({ skewMs }) => Math.abs(skewMs) > MOST_SKEW_MS)
    .map(({ name, skewMs }) =>
      warn(
        `the clock of ${name} is ${spanText(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} the database’s`,
        'repost goes by the database’s, on every host; logs and certificates go by its own. Let a time service (NTP) keep it.',
      ),
    );
  const others = live.filter((host) => host.version !== version);
  const versions = others.map((host) =>
    warn(
      `${host.name} runs repost ${host.version}, this is ${version}`,
      'For an update that is under way this is as it should be; otherwise bring all hosts to one version.',
    ),
  );
  const troubles = [...lost, ...skewed, ...versions];
  return troubles.length > 0 || live.length === 0
    ? troubles
    : [pass(`${counted(live.length, 'host')} at work, clocks and versions agree`)];
}

function lostOf(hosts: readonly HostRow[], now: number): HostRow[] {
  return hosts.filter((host) => stateOf(host, now) === 'lost');
}

function doubtsText({ doubts }: HostRow): string {
  return doubts === 0 ? '' : `; ${counted(doubts, 'post')} that it may have sent only looked for`;
}
