import { writeFileSync } from 'node:fs';
import { systemClock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import type { Turn } from '../command.ts';
import { wholeNumber } from '../find.ts';

export async function runSandbox(
  { app }: Turn,
  options: { port: string; originsFile?: string },
): Promise<number> {
  const { startSandbox } = await import('../../sandbox/index.ts');
  const port = wholeNumber(options.port, '--port');
  const server = await startSandbox({ clock: systemClock, port, seed: 1 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        throw new Failure('E_PORT_TAKEN', {
          message: `Port ${port} is taken.`,
          hint: 'Choose another one with --port, or 0 for any free one.',
        });
      throw error;
    },
  );
  if (options.originsFile !== undefined)
    writeFileSync(options.originsFile, `${JSON.stringify(server.origins, null, 2)}\n`);
  app.io.stdout.write(
    `${JSON.stringify({ origins: server.origins, control: server.control, feeds: server.feeds })}\n`,
  );
  app.io.stderr.write(`The simulated platforms run at ${server.url}; stop them with Ctrl-C.\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await server.close();
  return 0;
}
