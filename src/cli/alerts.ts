import { randomUUID } from 'node:crypto';
import type { AlertMessage, Channel, ChannelSecrets } from '../core/alert.ts';
import { type Alerts, createAlerts } from '../engine/alerts.ts';
import { sendAlert } from '../net/alerts.ts';
import { readChannelSecrets } from '../vault/alerts.ts';
import type { App } from './app.ts';
import { readPause } from './daemon-pause.ts';
import type { OpenEngine } from './engine.ts';
import { freeBytes } from './free-bytes.ts';

/** Alerts of this home, wired to its store, vault and network. They hear what the engine tells. */
export async function openAlerts(
  app: App,
  open: OpenEngine,
  onError: (error: unknown) => void,
): Promise<Alerts> {
  const alerts = createAlerts({
    store: open.deps.store,
    clock: app.clock,
    random: Math.random,
    send: await openSend(app),
    newId: randomUUID,
    settings: () => ({ pollIntervalMs: open.deps.settings.pollIntervalMs, timeZone: timeZoneOf(app) }),
    paused: async () => (await readPause(open.deps.store)) !== undefined,
    freeBytes: () => freeBytes(app.paths.data),
    onError,
  });
  open.on(alerts.tell);
  return alerts;
}

/** Sends one message to one channel. What the vault gave is remembered: it may not be there when it burns. */
export async function openSend(
  app: App,
): Promise<(channel: Channel, message: AlertMessage) => Promise<void>> {
  const net = await app.net();
  const http = net.plain();
  const known = new Map<number, ChannelSecrets>();
  return async (channel, message) => {
    const secrets = known.get(channel.id) ?? (await readChannelSecrets(await app.vault(), channel.name));
    known.set(channel.id, secrets);
    await sendAlert({ http, clock: app.clock, channel, secrets, message });
  };
}

/** The zone that quiet hours and digests are meant in. */
export function timeZoneOf(app: App): string {
  return app.config.text('timezone') || Intl.DateTimeFormat().resolvedOptions().timeZone;
}
