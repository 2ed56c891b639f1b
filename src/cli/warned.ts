import { isWarningKey, type WarningKey, warningTexts } from '../core/warnings.ts';
import { audienceKey } from '../engine/audience.ts';
import type { Store } from '../store/types.ts';

const nameOf = (key: WarningKey) => `warned.${key}`;

/** `said`: told once. `silenced`: its person wants to hear no more of it. */
export type WarningState = 'new' | 'said' | 'silenced';

export async function warningStates(store: Store): Promise<{ key: WarningKey; state: WarningState }[]> {
  const keys = Object.keys(warningTexts).filter(isWarningKey);
  return Promise.all(
    keys.map(async (key) => {
      const state = await store.meta.get(nameOf(key));
      return { key, state: state === 'silenced' || state === 'said' ? state : ('new' as const) };
    }),
  );
}

/** The warnings that their person has silenced. */
export async function silenced(store: Store): Promise<ReadonlySet<string>> {
  return new Set(
    (await warningStates(store)).filter(({ state }) => state === 'silenced').map(({ key }) => key),
  );
}

export async function setWarning(store: Store, key: WarningKey, state: WarningState): Promise<void> {
  if (state === 'new') await store.meta.remove(nameOf(key));
  else await store.meta.set(nameOf(key), state);
}

/** True where YouTube has told of uploads that they are seen by all whom they were meant for, of every account. */
async function seenByAll(store: Store): Promise<boolean> {
  const keys = await store.meta.keys(audienceKey('youtube'));
  const told = await Promise.all(keys.map((key) => store.meta.get(key)));
  return told.length > 0 && told.every((audience) => audience === 'as wished');
}

/** Says those of these warnings that were never said, once. */
export async function warnOnce(
  store: Store,
  keys: readonly WarningKey[],
  say: (text: string) => void,
): Promise<void> {
  const states = new Map((await warningStates(store)).map(({ key, state }) => [key, state]));
  for (const key of new Set(keys)) {
    if (states.get(key) !== 'new' || (key === 'google-unaudited' && (await seenByAll(store)))) continue;
    say(`warning (${key}): ${warningTexts[key]}`);
    await setWarning(store, key, 'said');
  }
}
