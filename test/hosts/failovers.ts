import type { Stage } from './stage.ts';
import { wait } from './wait.ts';
import { deaths, SECOND, size } from './words.ts';

/** How long after its death by SIGKILL the jobs of a host were back in their lanes, where others take them. */
export async function failovers({ agency, hosts }: Stage, marks: string[]): Promise<number[]> {
  const times: number[] = [];
  const { hosts: table } = await agency.app.store();
  for (let round = 0; round < deaths; round += 1) {
    const victim = hosts[round % hosts.length];
    for (let n = 0; n < 20; n += 1) marks.push(await agency.film(n % size.accounts));
    const running = async () => (await table.list()).filter(({ running }) => running > 0);
    while ((await running()).length < hosts.length) await wait(50);
    const before = new Map((await table.list()).map((host) => [host.name, host.running]));
    const killedAt = Date.now();
    await victim?.kill();
    // Whoever holds the same jobs still, and gives no sign of life.
    for (;;) {
      const lost = (await table.list()).filter(
        ({ name, seenAt, running: held }) => held > 0 && before.has(name) && seenAt < killedAt - SECOND,
      );
      if (lost.length === 0 && Date.now() - killedAt > 5 * SECOND) break;
      await wait(250);
    }
    times.push(Math.round((Date.now() - killedAt) / SECOND));
    victim?.start();
    await wait(5 * SECOND);
  }
  return times;
}
