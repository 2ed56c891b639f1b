import type { CliHome } from './home.ts';

export interface WebDaemon {
  origin: string;
  stop(): Promise<void>;
}

/** The real daemon with its local API on a free port, once it is ready. */
export async function daemonOf(home: CliHome): Promise<WebDaemon> {
  let origin = '';
  const running = home.repost.start(['daemon', '--json'], (line) => {
    const match = /"event":"listening","address":"(http:[^"]+)"/u.exec(line);
    if (match) origin = match[1] ?? '';
  });
  await running.until((line) => line.includes('"event":"started"'));
  for (;;) {
    const answer = await fetch(`${origin}/readyz`);
    await answer.body?.cancel();
    if (answer.ok) break;
  }
  return { origin, stop: () => running.stop() };
}
