import { writeFileSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { OffsetClock } from '../../sandbox/clock.ts';
import { simulators } from '../../sandbox/index.ts';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { type SandboxServer, serveSandbox } from '../../sandbox/server.ts';
import { schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { wholeNumber } from '../find.ts';

/** The simulated platforms on loopback. Throws E_PORT_TAKEN. */
export async function startSandbox(
  port: number,
): Promise<{ server: SandboxServer; sandbox: ReturnType<typeof createSandbox> }> {
  const sandbox = createSandbox({ clock: new OffsetClock(), seed: 1, simulators });
  try {
    return { sandbox, server: await serveSandbox(sandbox, { port }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Failure('E_PORT_TAKEN', {
      message: `Port ${port} is taken.`,
      hint: 'Choose another one with --port, or 0 for any free one.',
    });
  }
}

export async function runSandbox(
  { app, note }: Turn,
  options: { port: string; originsFile?: string },
): Promise<number> {
  const { server } = await startSandbox(wholeNumber(options.port, '--port'));
  if (options.originsFile !== undefined)
    writeFileSync(options.originsFile, `${JSON.stringify(server.origins, null, 2)}\n`);
  app.io.stdout.write(
    `${JSON.stringify({ schemaVersion, origins: server.origins, control: server.control, feeds: server.feeds })}\n`,
  );
  note(`The simulated platforms run at ${server.url}; stop them with Ctrl-C.`);
  await untilStopped();
  await server.close();
  return 0;
}

/** Resolves at the first SIGINT or SIGTERM. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
