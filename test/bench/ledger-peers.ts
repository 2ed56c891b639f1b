import { postgresPrograms, startPostgres } from './postgres.ts';
import { type Graphile, openBoss, openGraphile, type Peer, type PgBoss } from './postgres-peers.ts';
import { type BullMQ, bullAtOnce, bullOneByOne, startRedis } from './redis.ts';
import { hasProgram, packageAt } from './references.ts';

type Contenders = Record<string, () => Promise<number>>;

/** Queues that others made, with their servers: contenders by name, those that are there. */
export interface Peers {
  serial(jobs: number): Contenders;
  many(jobs: number): Contenders;
  /** Why one is not there. */
  missing: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function openPeers(root: string): Promise<Peers> {
  const ends: (() => Promise<void>)[] = [];
  const missing: Record<string, string> = {};
  const serial: ((jobs: number) => Contenders)[] = [];
  const many: ((jobs: number) => Contenders)[] = [];

  const bull = hasProgram('redis-server') ? packageAt<BullMQ>(root, 'bullmq') : undefined;
  if (bull) {
    const [always, everysec] = [await startRedis('always'), await startRedis('everysec')];
    ends.push(always.close, everysec.close);
    serial.push((jobs) => ({ always: () => bullOneByOne(bull, always, jobs) }));
    many.push((jobs) => ({
      everysec: () => bullAtOnce(bull, everysec, jobs),
      alwaysMany: () => bullAtOnce(bull, always, jobs),
    }));
  } else for (const name of ['always', 'everysec', 'alwaysMany']) missing[name] = 'redis-server or bullmq';

  const programs = postgresPrograms();
  const names = ['boss', 'bossMany', 'graphile'];
  if (programs === undefined) for (const name of names) missing[name] = 'PostgreSQL';
  else
    try {
      const postgres = await startPostgres(programs);
      ends.unshift(postgres.close);
      const PgBoss = packageAt<PgBoss>(root, 'pg-boss');
      const graphile = packageAt<Graphile>(root, 'graphile-worker');
      const open = async (opening: Promise<Peer>) => {
        const peer = await opening;
        ends.unshift(peer.close);
        return peer;
      };
      if (PgBoss) {
        const one = await open(openBoss(PgBoss, postgres, 1));
        const fifty = await open(openBoss(PgBoss, postgres, 50));
        serial.push((jobs) => ({ boss: () => one.rate(jobs) }));
        many.push((jobs) => ({ bossMany: () => fifty.rate(jobs) }));
      }
      if (graphile) {
        const peer = await open(openGraphile(graphile, postgres));
        many.push((jobs) => ({ graphile: () => peer.rate(jobs) }));
      }
    } catch (error) {
      // A server that does not start must not cost the other rows.
      for (const name of names)
        missing[name] = `PostgreSQL (${error instanceof Error ? error.message : error})`;
    }

  const all = (some: ((jobs: number) => Contenders)[]) => (jobs: number) =>
    Object.assign({}, ...some.map((make) => make(jobs))) as Contenders;
  return {
    serial: all(serial),
    many: all(many),
    missing,
    async close() {
      for (const end of ends) await end();
    },
  };
}
