import type { Agency } from '../load/agency.ts';
import { type Costs, costsOf, databaseBytes } from './costs.ts';
import type { Stage } from './stage.ts';
import { wait } from './wait.ts';
import { SECOND } from './words.ts';

export type Each = Record<keyof Costs, number>;

export const outOf = ({ sandbox }: Agency): number =>
  sandbox.posts().filter(({ platform }) => platform !== 'tiktok').length;

const rounded = (value: number) => Math.round(value * 100) / 100;

/** What happens from now on, and what it costs. */
function begin({ hosts, postgres }: Stage) {
  const costs = () =>
    costsOf(
      hosts.map(({ pid }) => pid),
      postgres,
    );
  const from = { at: Date.now(), costs: costs() };
  return (done: number): { perSecond: number; each: Each } => {
    const to = costs();
    const entries = Object.entries(to) as [keyof Costs, number][];
    return {
      perSecond: rounded((done * SECOND) / (Date.now() - from.at)),
      each: Object.fromEntries(
        entries.map(([key, value]) => [key, rounded((value - from.costs[key]) / done)]),
      ) as Each,
    };
  };
}

const POLLING_MS = 20 * SECOND;

/** Polls alone, while nothing appears: an answer of TikTok's listing is a poll. */
export async function measurePolls(stage: Stage): Promise<{ perSecond: number; each: Each }> {
  const { answers } = stage.agency;
  const answered = () => [...answers.values()].reduce((sum, count) => sum + count, 0);
  const before = answered();
  const end = begin(stage);
  await wait(POLLING_MS);
  return end(answered() - before);
}

/** Posts; the polls that found them included. */
export function measurePosts(stage: Stage) {
  const { agency, postgres } = stage;
  const before = { out: outOf(agency), bytes: databaseBytes(postgres) };
  const end = begin(stage);
  return () => {
    const posts = outOf(agency) - before.out;
    const bytesKept = rounded((databaseBytes(postgres) - before.bytes) / posts);
    return { ...end(posts), bytesKept };
  };
}
