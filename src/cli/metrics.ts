import type { HttpTally } from '../engine/http-tally.ts';
import type { MetricsOptions } from '../engine/metrics.ts';
import type { App } from './app.ts';
import { pollInterval } from './engine.ts';
import { limitStates } from './limits.ts';
import { version } from './version.ts';

/** The metrics of this home as they stand now. `live`: this process is its daemon. */
export async function homeMetrics(app: App, live?: { http: HttpTally }): Promise<string> {
  const store = await app.store();
  const now = app.clock.now();
  const options: MetricsOptions = {
    store,
    now,
    version,
    pollIntervalMs: pollInterval(app),
    limits: (accounts) => limitStates(store, accounts, now),
    daemonRuns: live !== undefined || (await app.daemonRuns()),
    dataFolder: app.paths.data,
    ...(live ? { live } : {}),
  };
  const { metricsText } = await import('../engine/metrics.ts');
  return metricsText(options);
}
