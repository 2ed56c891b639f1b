import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { enterHome, type HomeFacts, type Marker, openWitness, type Quarantine } from '../engine/guard.ts';
import { type Lock, tryLock } from '../store/lock.ts';
import { readValue } from '../vault/failures.ts';
import type { App } from './app.ts';
import { hostName, machineId } from './host-name.ts';
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
  const host = hostName(app);
  const nameOf = (homeId: string) => `home-generation/${homeId}${host === undefined ? '' : `/${host}`}`;
  makeFolder(app.paths.state);
  const file = join(app.paths.state, 'generation.json');
  return enterHome(
    await app.store(),
    {
      machineId: machineId(),
      ...placeOf(app),
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
  return openWitness(await app.store(), {
    ...placeOf(app),
    noteMarker: async (marker) => noteMarker(file, marker),
  });
}

/** Where the database lies, and which of its hosts this is. */
function placeOf(app: App): Pick<HomeFacts, 'path' | 'host'> {
  const host = hostName(app);
  return host === undefined ? { path: app.files.database } : { path: app.config.text('store'), host };
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
