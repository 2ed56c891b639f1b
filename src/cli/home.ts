import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { enterHome, type Marker, openWitness, type Quarantine } from '../engine/guard.ts';
import { type Lock, tryLock } from '../store/lock.ts';
import { readValue } from '../vault/failures.ts';
import type { App } from './app.ts';
import { makeFolder } from './paths.ts';

/** Only one process may run a home's jobs: the kernel frees the lock when it dies, however it dies. Throws E_DAEMON_RUNNING. */
export async function takeHome(app: App): Promise<Lock> {
  makeFolder(app.paths.data);
  const lock = await tryLock(app.files.daemonLock);
  if (lock) return lock;
  throw new Failure('E_DAEMON_RUNNING', {
    message: `A repost daemon (or sync) is working on ${app.paths.data} already.`,
  });
}

/** Enters the home as its worker (under its lock): see `enterHome`. The marker is kept in the vault and in a second file. */
export async function enter(app: App): Promise<Quarantine | undefined> {
  const vault = await app.vault();
  const nameOf = (homeId: string) => `home-generation/${homeId}`;
  makeFolder(app.paths.state);
  const file = join(app.paths.state, 'generation.json');
  return enterHome(
    await app.store(),
    {
      machineId: machineId(),
      path: app.files.database,
      newId: randomUUID,
      async readMarker(homeId) {
        const kept = [await readValue(vault, nameOf(homeId)), readText(file)].flatMap((text) =>
          parse(text, homeId),
        );
        return kept.sort((a, b) => b.generation - a.generation)[0];
      },
      noteMarker: async (marker) => noteMarker(file, marker),
      async writeMarker(marker) {
        noteMarker(file, marker);
        await vault.write(nameOf(marker.homeId), JSON.stringify(marker));
      },
    },
    app.clock.now(),
  );
}

/** What the engine calls between a post's intent and its request. */
export async function witnessOf(app: App): Promise<() => Promise<void>> {
  const file = join(app.paths.state, 'generation.json');
  return openWitness(await app.store(), { noteMarker: async (marker) => noteMarker(file, marker) });
}

/** Whole at any moment: a process that dies while it writes leaves the one before. Throws E_DISK_FULL, E_HOME; nothing was sent then. */
function noteMarker(file: string, marker: Marker): void {
  const fresh = `${file}.new`;
  try {
    writeFileSync(fresh, JSON.stringify(marker), { mode: 0o600 });
    renameSync(fresh, file);
  } catch (cause) {
    const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new Failure(full ? 'E_DISK_FULL' : 'E_HOME', {
      kind: 'retry',
      message: `${file} can’t be written${full ? ': there is no room left' : ''}.`,
      certain: true,
      cause,
    });
  }
}

/** What a person must know of it, or undefined. */
export function quarantineText(quarantine: Quarantine | undefined): string | undefined {
  return (
    quarantine &&
    `publishing is held, because ${quarantine.reason}. Accounts that show nothing unknown go on by themselves; see: repost quarantine`
  );
}

function parse(text: string | undefined, homeId: string): Marker[] {
  if (text === undefined) return [];
  try {
    const marker = JSON.parse(text) as Marker;
    return marker.homeId === homeId && Number.isSafeInteger(marker.generation) ? [marker] : [];
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Names this machine without telling which it is: systemd asks never to show the id itself (https://www.freedesktop.org/software/systemd/man/latest/machine-id.html). */
function machineId(): string {
  const id = readText('/etc/machine-id')?.trim() || hostname();
  return createHash('sha256').update(`repost ${id}`).digest('hex').slice(0, 32);
}
