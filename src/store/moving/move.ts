import { randomUUID } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import { compareStores } from './compare.ts';
import { copyTables, type TableDigest, verifyTables } from './copy.ts';
import type { Side } from './side.ts';

/** The steps of a move, each said when it is done and durable. */
export type MoveStep = 'prepared' | 'copied' | 'compared' | 'fenced' | 'live';

export interface MoveOptions {
  from: Side;
  to: Side;
  /** Told after each step. */
  onStep?: (step: MoveStep) => void;
}

/** What a move does: all of it, the rest of one that was cut off, or nothing because it is done. */
export type MovePlan = 'move' | 'finish' | 'done';

export interface Moved {
  plan: MovePlan;
  /** What was copied, by table; empty where nothing had to be. */
  tables: TableDigest[];
}

/**
 * What is to be done. Changes nothing. Throws E_STORE_NOT_EMPTY, E_STORE_IN_USE, E_STORE_MOVED, E_NOT_FOUND.
 */
export async function planMove({ from, to }: MoveOptions): Promise<MovePlan> {
  const [here, there] = [await from.place(), await to.place()];
  if (here?.state === 'moved') {
    if (there?.id === here.id) return there.state === 'live' ? 'done' : 'finish';
    throw new Failure('E_STORE_MOVED', { message: `The store at ${from.name} was moved to ${here.other}.` });
  }
  if (here?.state === 'arriving') {
    throw new Failure('E_STORE_MOVED', {
      message: `The move of ${here.other} to ${from.name} was not finished.`,
      hint: 'Finish it first: run the command that moved it once more, with the store set as it was then.',
    });
  }
  if ((await from.facts()).schema === null)
    throw new Failure('E_NOT_FOUND', {
      message: `There is no store at ${from.name} yet.`,
      command: 'repost init',
    });
  const isCopy = there?.state === 'moved' || there?.state === 'arriving';
  if (!isCopy && !(await to.isEmpty()))
    throw new Failure('E_STORE_NOT_EMPTY', { message: `At ${to.name} is a store that is in use.` });
  const hosts = await from.activeHosts();
  if (hosts.length > 0)
    throw new Failure('E_STORE_IN_USE', {
      message: `At work on ${from.name}, or seen there within the last minute: ${hosts.join(', ')}.`,
    });
  return 'move';
}

/**
 * Moves a store: a copy that nobody can use, compared with the original, which is locked meanwhile; then the original is
 * fenced, in the transaction that locked it; then the copy is let live. Wherever it is cut off, at most one of the two
 * takes changes, and running it once more begins anew (before the fence) or goes on (behind it). To be called under the
 * home’s lock. Throws what `planMove` does, E_STORE_COPY, and what the stores throw.
 */
export async function moveStore(options: MoveOptions): Promise<Moved> {
  const { from, to, onStep = () => undefined } = options;
  const plan = await planMove(options);
  if (plan === 'done') return { plan, tables: [] };
  if (plan === 'finish') {
    await release(to, (await to.place())?.id ?? '', from.name);
    onStep('live');
    return { plan, tables: [] };
  }
  await from.prepare();
  await to.prepare();
  onStep('prepared');
  const id = randomUUID();
  let tables: TableDigest[];
  await from.begin();
  try {
    // Asked again, now that nobody can come any more.
    await planMove(options);
    tables = await fill(from, to, id);
    onStep('copied');
    await compareStores(from, to);
    onStep('compared');
    await from.setPlace({ state: 'moved', id, other: to.name });
    await from.commit();
  } catch (error) {
    await from.rollback();
    throw error;
  }
  onStep('fenced');
  await release(to, id, from.name);
  onStep('live');
  return { plan, tables };
}

async function fill(from: Side, to: Side, id: string): Promise<TableDigest[]> {
  await to.begin();
  try {
    const tables = await copyTables(from, to);
    await to.settle();
    await verifyTables(to, tables);
    await to.setPlace({ state: 'arriving', id, other: from.name });
    await to.commit();
    return tables;
  } catch (error) {
    await to.rollback();
    throw error;
  }
}

async function release(to: Side, id: string, other: string): Promise<void> {
  await to.begin();
  try {
    await to.setPlace({ state: 'live', id, other });
    await to.commit();
  } catch (error) {
    await to.rollback();
    throw error;
  }
}
