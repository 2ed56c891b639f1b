import type { Command } from 'commander';

const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** The flags of `rule add` that say which videos are taken, and when they go out. */
export function addFilterFlags(command: Command): void {
  command
    .option('--hashtag <tag>', 'only videos with this hashtag; several: any of them', collect)
    .option('--not-hashtag <tag>', 'no videos with this hashtag; several: none of them', collect)
    .option('--caption-contains <text>', 'only captions that contain this; several: any of them', collect)
    .option('--not-caption <text>', 'no captions that contain this; several: none of them', collect)
    .option('--pattern <expression>', 'only captions in which this RE2 expression is found')
    .option('--min-duration <length>', 'only videos at least this long, for example 10s')
    .option('--max-duration <length>', 'only videos at most this long, for example 60s')
    .option('--published-after <date>', 'only videos published since this date')
    .option('--published-before <date>', 'only videos published before this date')
    .option('--aspect <shape>', 'only this shape: vertical, square or horizontal; several: any', collect)
    .option('--language <code>', 'only this language, where the source tells; several: any', collect)
    .option('--skip-ai', 'no videos that are labelled as made by AI')
    .option('--skip-pinned', 'no pinned videos, where the source tells');
}

export function addTimingFlags(command: Command): void {
  command
    .option('--window <times>', 'post only then, for example "Mon-Fri 09:00-17:00"; several: any', collect)
    .option('--slot <time>', 'post at this local time, one video each; several: 09:00, 18:00', collect)
    .option('--gap <duration>', 'at least this long between two posts of an account')
    .option('--per-day <n>', 'at most so many posts of an account in a day')
    .option('--timezone <zone>', 'zone of the local times, for example Europe/Rome');
}
