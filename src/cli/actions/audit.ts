import { sayWallTime } from '../../core/wall-clock.ts';
import { auditView } from '../../web/audit-view.ts';
import type { Turn } from '../command.ts';
import { wholeNumber } from '../find.ts';
import { zoneOfHome } from '../rule-flags.ts';
import { table, tableWidth } from '../table.ts';
import { parseMoment } from '../time.ts';

/** What was posted, by which rule, on whose word; newest first. */
export async function listAudit(
  { app, print }: Turn,
  options: { limit: string; job?: string; since?: string },
): Promise<undefined> {
  const rows = await (await app.store()).audit.list({
    limit: wholeNumber(options.limit, '--limit'),
    ...(options.job === undefined ? {} : { jobId: wholeNumber(options.job, '--job') }),
    ...(options.since === undefined ? {} : { since: parseMoment(options.since, app.clock.now()) }),
  });
  print(rows.map(auditView), () => {
    if (rows.length === 0) return 'Nothing was posted or decided yet.';
    const zone = zoneOfHome(app.config);
    return table(
      ['WHEN', 'JOB', 'WHAT', 'ACCOUNT', 'RULE', 'ON WHOSE WORD', 'POST'],
      rows.map((row) => [
        sayWallTime(zone, row.at),
        String(row.jobId),
        row.action,
        row.account,
        row.rule ?? '',
        row.word ?? row.actor,
        row.url ?? row.post ?? '',
      ]),
      tableWidth(app.io),
    );
  });
}
