import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DAY, HOUR, SECOND } from '../core/clock.ts';
import type { App } from './app.ts';
import type { Net } from './connect.ts';
import { makeFolder } from './paths.ts';
import { version } from './version.ts';

/**
 * Tells of a newer version, on a terminal and once a day. It never makes anybody wait: it is looked for beside a
 * command that talks to the network anyway, and given up when that ends. Failures are nobody's concern.
 */
export interface UpdateNotice {
  /** The command has opened the network: looks, where a day has passed since the last time. */
  look(app: App, net: Promise<Net>): void;
  /** Says what was found, now or earlier. */
  say(app: App): void;
  /** Gives up what is under way. */
  close(): void;
}

/** Undefined where nobody is to be told. */
export function openUpdateNotice(io: App['io'], json: boolean): UpdateNotice | undefined {
  const { env } = io;
  // The variable of the package update-notifier: https://github.com/yeoman/update-notifier#user-settings
  const off = env['NO_UPDATE_NOTIFIER'] || env['CI'] || env['REPOST_NO_INPUT'] || env['REPOST_SERVICE'];
  if (json || off || io.stderr.isTTY !== true) return undefined;
  const over = new AbortController();
  return {
    look(app, net) {
      const known = read(app);
      if (app.config.text('update.notice') === 'off' || app.clock.now() - known.lookedAt < DAY) return;
      // Noted before it is asked: a registry that does not answer is not asked by each command.
      write(app, { ...known, lookedAt: app.clock.now() });
      void latestVersion(app, net, over.signal).then(
        (latest) => write(app, { ...read(app), latest }),
        // Cut off by the command's end, mostly: a later one has another try.
        () => write(app, { ...read(app), lookedAt: app.clock.now() - DAY + HOUR }),
      );
    },
    say(app) {
      const known = read(app);
      const now = app.clock.now();
      if (now - known.saidAt < DAY || !isNewer(known.latest, version)) return;
      // Anew: this command may have been the one that switches it off.
      app.reloadConfig();
      if (app.config.text('update.notice') === 'off') return;
      write(app, { ...known, saidAt: now });
      io.stderr.write(
        `note: repost ${known.latest} is out, this is ${version}: npm install -g repost (no more of this: repost config set update.notice off)\n`,
      );
    },
    close: () => over.abort(),
  };
}

interface Known {
  /** Epoch ms; 0 for never. */
  lookedAt: number;
  saidAt: number;
  latest: string;
}

const fileOf = (app: App) => join(app.paths.state, 'update.json');

function read(app: App): Known {
  try {
    const { lookedAt, saidAt, latest } = JSON.parse(readFileSync(fileOf(app), 'utf8')) as Partial<Known>;
    return { lookedAt: Number(lookedAt) || 0, saidAt: Number(saidAt) || 0, latest: String(latest) };
  } catch {
    return { lookedAt: 0, saidAt: 0, latest: version };
  }
}

function write(app: App, known: Known): void {
  try {
    makeFolder(app.paths.state);
    writeFileSync(fileOf(app), JSON.stringify(known));
  } catch {
    // A home that can't be written has other messages.
  }
}

const PATIENCE_MS = 10 * SECOND;

/** From the registry that npm is set to: whoever has one of their own is not led past it. */
async function latestVersion(app: App, net: Promise<Net>, signal: AbortSignal): Promise<string> {
  const { transport } = await net;
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry'], {
    // npm would ask for its own newer version.
    env: { ...app.io.env, npm_config_update_notifier: 'false' },
    signal,
    timeout: PATIENCE_MS,
  });
  const url = new URL('repost/latest', stdout.trim().replace(/\/?$/u, '/')).href;
  const headers = { accept: 'application/json' };
  const { status, text } = await transport.send({
    method: 'GET',
    url,
    headers,
    timeoutMs: PATIENCE_MS,
    signal,
  });
  const { version: latest } = JSON.parse(text) as { version?: unknown };
  if (status !== 200 || typeof latest !== 'string' || !RELEASE.test(latest)) throw new Error('no version');
  return latest;
}

const RELEASE = /^\d{1,6}\.\d{1,6}\.\d{1,6}$/u;

/** True where both are releases and the first is later. */
export function isNewer(first: string, second: string): boolean {
  if (!RELEASE.test(first)) return false;
  const [a, b] = [first, second].map((text) => text.split(/[.-]/u).slice(0, 3).map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return second.includes('-');
}
