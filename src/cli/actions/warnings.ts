import { Failure } from '../../core/failure.ts';
import { isWarningKey, type WarningKey, warningTexts } from '../../core/warnings.ts';
import type { Turn } from '../command.ts';
import { setWarning, type WarningState, warningStates } from '../warned.ts';

export async function listWarnings({ app, print }: Turn): Promise<undefined> {
  const states = await warningStates(await app.store());
  print(
    states.map(({ key, state }) => ({ key, state, text: warningTexts[key] })),
    () => states.map(({ key, state }) => `${key} (${state})\n  ${warningTexts[key]}`).join('\n'),
  );
}

export const silenceWarnings = (turn: Turn, _options: unknown, keys: string[]) =>
  setAll(turn, keys, 'silenced');
export const restoreWarnings = (turn: Turn, _options: unknown, keys: string[]) => setAll(turn, keys, 'new');

async function setAll(
  { app, print }: Turn,
  texts: readonly string[],
  state: WarningState,
): Promise<undefined> {
  const store = await app.store();
  const keys = texts.map(keyOf);
  for (const key of keys) await setWarning(store, key, state);
  print(
    keys.map((key) => ({ key, state, text: warningTexts[key] })),
    () => `${state === 'silenced' ? 'Silenced' : 'Said once more'}: ${keys.join(', ')}`,
  );
}

function keyOf(text: string): WarningKey {
  if (isWarningKey(text)) return text;
  throw new Failure('E_USAGE', {
    message: `There is no warning “${text}”.`,
    hint: `Warnings: ${Object.keys(warningTexts).join(', ')}.`,
  });
}
