import { parseArgs } from 'node:util';
import type { PlatformId } from '../../src/core/names.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    daemons: { type: 'string' },
    accounts: { type: 'string' },
    destinations: { type: 'string', default: '8' },
    films: { type: 'string' },
    platforms: { type: 'string' },
    minutes: { type: 'string' },
    every: { type: 'string' },
    calm: { type: 'boolean', default: false },
    sqlite: { type: 'boolean', default: false },
    failovers: { type: 'string', default: '0' },
    program: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});

export const usage = `npm run hosts -- [--quick] [--daemons N] [--accounts A] [--films F] [--minutes M] [--destinations D]
                     [--platforms P] [--every MS] [--calm] [--sqlite] [--failovers K]
  --quick          two daemons, four accounts and each trouble once: for a look (four minutes)
  --daemons N      daemons, each in a network namespace of its own (default 4)
  --accounts A     TikTok accounts, each with a rule of its own (default 20)
  --destinations D accounts that each posts to (default 8)
  --platforms P    on these platforms (default linkedin,pinterest; with --quick bluesky and mastodon, too)
  --films F        films that appear, at most 140 of an account, with Bluesky 24 (default 2500)
  --minutes M      no film appears later than that, however few there were
  --every MS       between one trouble and the next, on average (default 8000)
  --calm           no troubles: for throughput and what a post costs
  --sqlite         one daemon over the file of its home instead, calm: to compare with
  --failovers K    then K daemons are killed, one after the other, and it is timed when their jobs are free for others (default 0)
  SEED=N           the seed of the troubles (default 1); when exactly they strike is the machine's matter
Wants root, and Debian's iproute2 and postgresql. Exits 1 where anything was lost, doubled or over quota.
`;

export const { quick, sqlite, program, help } = values;
export const calm = values.calm || sqlite;
export const daemons = sqlite ? 1 : Number(values.daemons ?? (quick ? 2 : 4));
const platforms = (
  values.platforms ?? (quick ? 'bluesky,mastodon,linkedin,pinterest' : 'linkedin,pinterest')
).split(',') as PlatformId[];
export const size = {
  accounts: Number(values.accounts ?? (quick ? 4 : 20)),
  destinations: Number(values.destinations),
  users: quick ? 2 : 10,
  platforms,
};
export const films = Number(values.films ?? (quick ? 40 : 2500));
/**
 * What an account may publish in a day: https://docs.bsky.app/docs/advanced-guides/rate-limits, and 150 on LinkedIn:
 * https://www.ayrshare.com/docs/apis/post/social-networks/linkedin
 */
export const MOST_FILMS = platforms.includes('bluesky') ? 24 : 140;
/** So many films are on their way at once. */
export const AHEAD = Math.min(150, Math.ceil(films / 2));
/** Where throughput is measured, on the disk before it is told, as a server is at its defaults; no trouble here is a loss of power. */
export const SETTINGS = calm ? '-c fsync=on' : '';
export const SECOND = 1000;
export const everyMs = Number(values.every ?? (quick ? 5000 : 8000));
export const longestMs = Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60 * SECOND;
export const deaths = Number(values.failovers);

export function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
