import { describe } from 'vitest';
import type { Store } from '../../src/store/types.ts';
import { describeAlerts } from './contract-alerts.ts';
import { describeHosted } from './contract-hosted.ts';
import { describeHosts } from './contract-hosts.ts';
import { describeJobs } from './contract-jobs.ts';
import { describeJournal } from './contract-journal.ts';
import { describeLanes } from './contract-lanes.ts';
import { describeLimits } from './contract-limits.ts';
import { describeNouns } from './contract-nouns.ts';
import { describeNumbers } from './contract-numbers.ts';
import { describeVideos } from './contract-videos.ts';

/** Gives a fresh, empty store, closed when the test ends. */
export type OpenStore = () => Promise<Store>;

/** What every store must do, whatever it keeps its rows in. */
export function storeContract(name: string, open: OpenStore): void {
  describe(`${name} keeps the store contract`, () => {
    describeNouns(open);
    describeVideos(open);
    describeLanes(open);
    describeJobs(open);
    describeJournal(open);
    describeLimits(open);
    describeHosted(open);
    describeHosts(open);
    describeAlerts(open);
    describeNumbers(open);
  });
}
