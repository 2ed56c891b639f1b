import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/core/clock.ts';
import { openDatabase } from '../../src/store/open.ts';
import { storeOn } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import type { Random } from './random.ts';

type Db = Awaited<ReturnType<typeof openDatabase>>;

/** Where a world's store is: outlives every process. */
export interface Place {
  open(clock: Clock): Promise<Store>;
  /** The process was killed: the kernel writes what it had been given. */
  kill(): void;
  /** All bytes of the database. */
  bytes(): Buffer | Promise<Buffer>;
}

/** The home's disk: a folder in memory with the database's files and their log. */
export interface Disk extends Place {
  folder: string;
  lockPath: string;
  /** The power failed: what SQLite had not synced is gone, and the log ends in rubbish. */
  cutPower(random: Random): void;
  bytes(): Buffer;
  remove(): void;
}

const FRAME_BYTES = 4096 + 24;
/** A log that is larger is folded into the database. */
const FOLD_BYTES = 4 * 2 ** 20;

export function createDisk(): Disk {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'repost-sim-'));
  let generation = 0;
  let db: Db | undefined;
  let torn = false;
  /** How much of the log the disk has for certain. */
  let syncedBytes = 0;
  const path = () => join(folder, `repost-${generation}.db`);
  const logBytes = () => statSync(`${path()}-wal`, { throwIfNoEntry: false })?.size ?? 0;

  function remove(at: string): void {
    for (const part of ['', '-wal', '-shm', '.initialised']) rmSync(`${at}${part}`, { force: true });
  }

  return {
    folder,
    lockPath: join(folder, 'daemon.lock.db'),
    async open(clock) {
      db = await openDatabase({ path: path(), clock, check: torn ? 'always' : 'never' });
      torn = false;
      // Nobody else opens it, so the locks of each transaction are spared: they are half of its time.
      db.pragma('locking_mode = EXCLUSIVE');
      // What is folded into the database is on the disk: that happens between syncs only, so that nothing else is.
      db.pragma('wal_autocheckpoint = 0');
      syncedBytes = logBytes();
      return storeOn(db, clock, path(), undefined, {
        sync: async () => {
          if (logBytes() > FOLD_BYTES) db?.pragma('wal_checkpoint(TRUNCATE)');
          syncedBytes = logBytes();
        },
        close: () => undefined,
      });
    },
    kill() {
      db?.close();
      db = undefined;
    },
    cutPower(random) {
      if (!db) return;
      const before = path();
      const log = `${before}-wal`;
      const bytes = existsSync(log) ? readFileSync(log) : Buffer.alloc(0);
      const kept = random.between(syncedBytes, bytes.length);
      // What a write that was under way left behind: a part of a frame, of no transaction.
      const rubbish = Buffer.alloc(random.between(0, FRAME_BYTES), random.between(0, 255));
      generation += 1;
      torn = true;
      copyFileSync(before, path());
      copyFileSync(`${before}.initialised`, `${path()}.initialised`);
      if (bytes.length > 0) writeFileSync(`${path()}-wal`, Buffer.concat([bytes.subarray(0, kept), rubbish]));
      db.close();
      db = undefined;
      remove(before);
    },
    bytes() {
      const files = ['', '-wal']
        .map((part) => `${path()}${part}`)
        .filter((file) => statSync(file, { throwIfNoEntry: false }));
      return Buffer.concat(files.map((file) => readFileSync(file)));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
