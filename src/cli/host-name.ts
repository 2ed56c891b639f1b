import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { App } from './app.ts';

/** Whether several hosts may work on this home's store. */
function isShared(app: Pick<App, 'config'>): boolean {
  return app.config.text('store') !== '';
}

/** This home on this machine, as other hosts and people know it; undefined where the store is the home's own file. */
export function hostName(app: Pick<App, 'config' | 'paths'>): string | undefined {
  if (!isShared(app)) return undefined;
  const short = hostname().split('.')[0] || 'host';
  const mark = createHash('sha256').update(`${machineId()} ${hostname()} ${app.paths.data}`).digest('hex');
  return `${short.replace(/[^\w-]+/gu, '-').slice(0, 40)}-${mark.slice(0, 6)}`;
}

/** Names this machine without telling which it is: systemd asks never to show the id itself (https://www.freedesktop.org/software/systemd/man/latest/machine-id.html). */
export function machineId(): string {
  const id = read('/etc/machine-id')?.trim() || hostname();
  return createHash('sha256').update(`repost ${id}`).digest('hex').slice(0, 32);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
