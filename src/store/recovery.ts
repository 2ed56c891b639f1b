import { MINUTE } from '../core/clock.ts';
import { UNHELD } from './cancelling.ts';
import type { Connection, Operation } from './connection.ts';
import { stretcher } from './journal.ts';

/** A request that was under way outlives its process: it may be as late as one that is given up (`http.timeout`). */
const UNDER_WAY_MS = MINUTE;

/** A job that is taken from who held it. */
export interface Left {
  id: number;
  holder: string | null;
  instance: string | null;
}

/**
 * Gives jobs back to their lanes, inside the caller's transaction: due now, what they sent without an answer as late
 * as now, what they spent last as spent now. `dead`: whether their holder is known to be.
 */
export function giverBack({ query }: Pick<Connection, 'query'>) {
  const mayArrive = stretcher({ query });
  const back = query(`
    UPDATE jobs SET state = 'waiting', reason = 'ready', run_at = :now, updated_at = :now, ${UNHELD},
      sender = coalesce(sender, :sender)
    WHERE id = :id`);
  const inDoubt = query("SELECT 1 FROM steps WHERE job_id = :id AND kind = 'commit' AND state = 'intent'");
  const postpone = query(`
    WITH last (job_id, at) AS (
      SELECT job_id, max(at) FROM spends
      WHERE job_id IN (SELECT CAST(value AS INTEGER) FROM json_each(:ids)) GROUP BY job_id)
    UPDATE spends SET at = CASE WHEN at + ${UNDER_WAY_MS} > :now THEN at + ${UNDER_WAY_MS} ELSE :now END
    WHERE at < :now AND (job_id, at) IN (SELECT job_id, at FROM last)`);
  const freed = query<{ id: number }>('UPDATE jobs SET sender = NULL WHERE sender = :host RETURNING id');

  return {
    *jobs(
      left: readonly Left[],
      dead: (one: Left) => boolean,
      now: number,
    ): Generator<Operation, number[], unknown> {
      for (const one of left) {
        const doubted = !dead(one) && (yield* inDoubt.get({ id: one.id })) !== undefined;
        yield* back.run({ id: one.id, now, sender: doubted ? one.holder : null });
        yield* mayArrive(one.id, now);
      }
      const ids = left.map(({ id }) => id).sort((a, b) => a - b);
      if (ids.length > 0) yield* postpone.run({ ids: JSON.stringify(ids), now });
      return ids;
    },
    /** This host sends nothing any more: what it sent has left by now. */
    *sendings(host: string, now: number): Generator<Operation, void, unknown> {
      for (const { id } of yield* freed.all({ host })) yield* mayArrive(id, now);
    },
  };
}
