import { daemon } from '../../src/cli/actions/daemon.ts';
import { openApp } from '../../src/cli/app.ts';
import { processIo } from '../../src/cli/io.ts';
import type { FastClock } from './clock.ts';

/** The daemon as `repost daemon` runs it, by a clock that runs faster. */
export async function runDaemon(clock: FastClock): Promise<void> {
  const app = openApp(processIo(), { noInput: true, warn: () => undefined, clock });
  process.exitCode = await daemon({
    app,
    json: true,
    noInput: true,
    command: 'daemon',
    paint: (_style, text) => text,
    print: () => undefined,
    note: () => undefined,
    sayNotes: () => undefined,
  });
  await app.close();
}
