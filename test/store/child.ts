/** What tests let a process of its own do with a store: bundled and started by `processes.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { systemClock } from '../../src/core/clock.ts';
import { asFailure } from '../../src/core/failure.ts';
import { openFile } from '../../src/store/driver.ts';
import { tryLock, withLock } from '../../src/store/lock.ts';
import { moveStore } from '../../src/store/moving/move.ts';
import { postgresSide } from '../../src/store/moving/postgres-side.ts';
import { sqliteSide } from '../../src/store/moving/sqlite-side.ts';
import { openStore } from '../../src/store/sqlite.ts';

const [, , command = '', path = '', other = '', last = ''] = process.argv;
const say = (text: string) => process.stdout.write(`${text}\n`);
const clock = systemClock;

const commands: Readonly<Record<string, () => Promise<void>>> = {
  /** Takes a lock and keeps it until killed, with nothing of it in reach. */
  async lock() {
    say((await tryLock(path)) ? 'held' : 'taken');
    for (let n = 0; n < 5; n += 1) {
      globalThis.gc?.();
      await clock.sleep(20);
    }
    say('collected');
    await clock.sleep(60_000);
  },
  /** Adds one to a number in a file, slowly: without the lock, two at once would lose one. */
  async count() {
    await withLock(path, clock, async () => {
      const before = Number(readFileSync(other, 'utf8'));
      await clock.sleep(5);
      writeFileSync(other, String(before + 1));
    });
    say('counted');
  },
  /** Holds the database's write lock until a line comes. */
  async hold() {
    const db = openFile(path);
    db.exec('BEGIN IMMEDIATE');
    say('held');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    db.exec('COMMIT');
    db.close();
    say('released');
  },
  /** Opens the store, and says how that ended. */
  async open() {
    const store = await openStore({ path, clock });
    say(`opened ${await store.meta.get('who')}`);
    await store.meta.set('who', 'child');
    await store.close();
  },
  /** Moves a store between a file and a server, and is killed after a step of it. */
  async move() {
    const [from, to] = [path, other].map((place) =>
      place.startsWith('postgres:') ? postgresSide(place, {}) : sqliteSide(place, clock),
    );
    if (!from || !to) return;
    const onStep = (step: string) => void (step === last && process.kill(process.pid, 'SIGKILL'));
    await moveStore({ from, to, onStep });
    say('moved');
  },
  /** Writes numbers one after the other, and says each once its promise resolved. */
  async write() {
    const store = await openStore({ path, clock });
    for (let n = 1; ; n += 1) {
      await store.meta.set(`number ${n}`, String(n));
      say(String(n));
    }
  },
};

await commands[command]?.().catch((error: unknown) => say(asFailure(error).code));
process.exit();
