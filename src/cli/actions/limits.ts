import { Failure } from '../../core/failure.ts';
import type { Limit, LimitState } from '../../core/limit.ts';
import { scopeKey } from '../../engine/meter.ts';
import { serviceOf } from '../../platforms/index.ts';
import { limitView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findAccount, wholeNumber } from '../find.ts';
import { amountText, limitStates, MILLICENTS, NO_CEILING } from '../limits.ts';

export async function setLimit(
  { app, print }: Turn,
  _options: unknown,
  accountText: string,
  bucket: string,
  maxText: string,
): Promise<undefined> {
  const store = await app.store();
  const account = await findAccount(store, accountText);
  const { limits } = serviceOf(account.platform);
  const limit = limits.find((one) => one.bucket === bucket);
  if (!limit) {
    throw new Failure('E_NOT_FOUND', {
      message: `${account.platform} has no limit “${bucket}”.`,
      hint: `Limits: ${limits.map((one) => one.bucket).join(', ')}.`,
    });
  }
  await store.limits.setMax(scopeKey(limit, account), bucket, maximumOf(limit, maxText));
  // What waited for room of the old size is looked at again; it waits on where there is still none.
  const now = app.clock.now();
  await store.jobs.hold(account.id, ['quota'], 'ready', now, now);
  app.nudge();
  const state = (await limitStates(store, [account], app.clock.now())).find((one) => one.bucket === bucket);
  if (state) print(limitView(state), () => said(state));
}

/** Null: the limit's own. Money may be given in dollars. Throws E_USAGE. */
function maximumOf({ unit }: Limit, text: string): number | null {
  if (text === 'default') return null;
  if (unit !== 'millicents') return wholeNumber(text, 'The maximum');
  const [, marked, pointed] = /^(?:\$(\d{1,9}(?:\.\d{1,5})?)|(\d{1,9}\.\d{1,5}))$/u.exec(text) ?? [];
  const dollars = marked ?? pointed;
  if (dollars !== undefined) return Math.round(Number(dollars) * MILLICENTS);
  return wholeNumber(text, 'The maximum, in thousandths of a cent where it is not in dollars such as 5.00,');
}

function said(state: LimitState): string {
  const { title, max, used } = state;
  if (max >= NO_CEILING) return `${title}: no limit set.`;
  const spent = used >= max ? ` ${amountText(state, used)} are used: what is due waits for room.` : '';
  return `${title}: at most ${amountText(state, max)}.${spent}`;
}
