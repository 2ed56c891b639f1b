import { Failure } from '../core/failure.ts';

/**
 * Where a store stands in a move, kept in its own table of small values; a store that was never moved has none.
 * One is live at any moment: the other refuses every change, whoever has it open, by triggers in the database itself.
 */
export interface StorePlace {
  /** `arriving`: a copy that is not yet in use; `moved`: left for good; `live`: in use, after a move. */
  state: 'arriving' | 'moved' | 'live';
  /** Names the move: both stores of it have the same. */
  id: string;
  /** The other store: an address, or a file on a machine. Never a secret. */
  other: string;
}

/** Its key among the small values. It says something of this very database, so it is never copied. */
export const PLACE_KEY = 'store.place';

/** What the triggers say to a program that had the store open, or is too old to look for its place. */
export const FENCED = 'this store is not in use any more, it was moved to';

/** PostgreSQL’s code for it: of a class that the server itself never uses. */
export const FENCED_CODE = 'RP001';

/** Lets live stores pass. Throws E_STORE_MOVED. */
export function refuseMoved(text: string | undefined, here: string): void {
  if (text === undefined) return;
  const { state, other } = JSON.parse(text) as StorePlace;
  if (state === 'moved') throw movedTo(here, other);
  if (state === 'arriving') {
    throw new Failure('E_STORE_MOVED', {
      message: `The store at ${here} is a copy whose move from ${other} was not finished.`,
      hint: 'Run the command that moved it once more: it finishes what was begun, or begins again.',
    });
  }
}

/** From what a trigger said. */
export function fenceFailure(said: string, here: string): Failure {
  const at = said.indexOf(FENCED);
  return movedTo(here, at < 0 ? 'another place' : said.slice(at + FENCED.length + 1));
}

function movedTo(here: string, other: string): Failure {
  const target = /^postgres(?:ql)?:/u.test(other) ? `'${other}'` : 'sqlite';
  return new Failure('E_STORE_MOVED', {
    // Nothing was decided about any job: whatever is under way goes on in the other store.
    kind: 'retry',
    message: `The store at ${here} was moved to ${other}.`,
    command: `repost store migrate --to ${target}`,
  });
}
