import type { ServerResponse } from 'node:http';

/** The metrics in Prometheus' text format; `local`: asked on an address that only this machine reaches. */
export type TellMetrics = (local: boolean) => Promise<string | undefined>;

/** Answers a scrape; 404 where the settings keep the metrics to themselves. */
export async function answerMetrics(
  response: ServerResponse,
  tell: TellMetrics,
  local: boolean,
): Promise<void> {
  const text = await tell(local);
  const found = text !== undefined;
  response.writeHead(found ? 200 : 404, {
    'content-type': `text/plain; ${found ? 'version=0.0.4; ' : ''}charset=utf-8`,
  });
  response.end(text ?? 'Metrics are not told at this address (setting daemon.metrics).\n');
}
