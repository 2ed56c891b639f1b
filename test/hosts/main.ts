import { rmSync } from 'node:fs';
import { type Agency, openAgency } from '../load/agency.ts';
import { TrueClock } from '../load/clock.ts';
import type { Verdict } from '../load/judge.ts';
import { createPostgres, postgresPrograms } from '../store/postgres-program.ts';
import { type Host, openHost } from './crew.ts';
import { openNetworks } from './networks.ts';
import { repostOf } from './person.ts';
import { live } from './play.ts';
import { settle } from './stage.ts';
import { daemons, films, help, MOST_FILMS, program, SETTINGS, say, size, sqlite, usage } from './words.ts';

/** `npm run hosts`: several daemons on machines of their own over one PostgreSQL server, with all that can befall them. */

async function run(): Promise<number> {
  if (films > size.accounts * MOST_FILMS) throw new Error(`at most ${MOST_FILMS} films for each account`);
  const bin = postgresPrograms();
  if (!bin && !sqlite) throw new Error('The Debian package postgresql is missing.');
  const networks = sqlite ? undefined : openNetworks(daemons);
  const postgres = bin && networks ? createPostgres(bin, { listen: networks.database }) : undefined;
  let agency: Agency | undefined;
  const hosts: Host[] = [];
  let sound = false;
  try {
    postgres?.start(SETTINGS);
    // Whoever stops this stops all of them.
    process.once('exit', () => {
      for (const { pid } of hosts) if (pid !== undefined) process.kill(pid, 'SIGKILL');
      postgres?.remove();
      networks?.close();
    });
    say(`${size.accounts} accounts sign in, with ${size.destinations} destinations each`);
    agency = await openAgency(new TrueClock(), size, {
      http: 'off',
      ...(networks ? { platforms: networks.platforms } : {}),
    });
    const repost = repostOf(program, agency.env);
    await settle(agency, repost, postgres);
    for (let machine = 1; machine <= daemons; machine += 1)
      hosts.push(openHost(agency, networks, program, machine));
    const results = await live({ agency, repost, hosts, networks, postgres });
    sound = isSound(results.verdict) && results.movedBack !== false;
    process.stdout.write(`${JSON.stringify(results, null, 1)}\n`);
    return sound ? 0 : 1;
  } finally {
    for (const host of hosts) await host.kill();
    await agency?.app.close();
    await agency?.server.close();
    if (agency && sound) rmSync(agency.dir, { recursive: true, force: true });
    else if (agency) say(`kept: ${agency.dir}`);
  }
}

function isSound({ lost, doubled, refusedForQuota, complaints, states }: Verdict): boolean {
  const open = states['waiting'] ?? 0;
  return lost === 0 && doubled === 0 && refusedForQuota === 0 && complaints.length === 0 && open === 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (help) process.stdout.write(usage);
else process.exitCode = await run();
