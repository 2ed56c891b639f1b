import type { Connection, Work } from './connection.ts';
import type { Holder } from './host-types.ts';

/** True of a job that runs, and under the given holder where one is given. Wants `heldBy`'s values. */
export const RUNS_HERE = `state = 'running' AND ((holder = :host AND instance = :instance) OR :host IS NULL)`;

export function heldBy(holder: Holder | undefined): { host: string | null; instance: string | null } {
  return { host: holder?.host ?? null, instance: holder?.instance ?? null };
}

/** Whether a job runs and is this holder’s, its lease not over: asked inside the caller’s transaction. */
export function holding({
  query,
}: Pick<Connection, 'query'>): (id: number, holder: Holder, at: number) => Work<boolean> {
  const held = query(`SELECT 1 FROM jobs WHERE id = :id AND ${RUNS_HERE} AND lease_until > :at`);
  return function* (id, holder, at) {
    return (yield* held.get({ id, at, ...heldBy(holder) })) !== undefined;
  };
}
