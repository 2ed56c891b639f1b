import type { Channel, Problem } from '../core/alert.ts';
import type { DeliveryRow } from '../store/alert-types.ts';
import { iso, schemaVersion } from './views.ts';

/** A channel without its secrets. `waiting`: a message for it was not sent yet. */
export function channelView(channel: Channel, last: DeliveryRow | undefined, waiting: boolean) {
  const { settings } = channel;
  return {
    schemaVersion,
    id: channel.id,
    name: channel.name,
    kind: channel.kind,
    place: settings.place,
    severity: settings.severity,
    only: settings.only,
    except: settings.except,
    user: settings.user,
    quiet: settings.quiet,
    digest: settings.digest,
    digestAt: iso(channel.digestAt),
    weekly: settings.weekly ?? null,
    weeklyAt: iso(channel.weeklyAt),
    repeatSeconds: settings.repeatMs / 1000,
    waiting,
    last: last ? deliveryView(last) : null,
    createdAt: iso(channel.createdAt),
  };
}

export function deliveryView(row: DeliveryRow) {
  return { schemaVersion, ...row, at: iso(row.at) };
}

export function problemView({ key, rule, severity, user, title, facts, todo, command, link }: Problem) {
  return {
    schemaVersion,
    key,
    rule,
    severity,
    user,
    title,
    facts: Object.fromEntries(facts),
    todo,
    command: command ?? null,
    link: link ?? null,
  };
}
