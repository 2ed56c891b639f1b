import { Failure } from '../../core/failure.ts';
import type { LimitState } from '../../core/limit.ts';
import { scopeKey } from '../../engine/meter.ts';
import { serviceOf } from '../../platforms/index.ts';
import { limitView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findAccount, wholeNumber } from '../find.ts';
import { limitStates } from '../limits.ts';
import { relativeText, tableWidth, tallTable } from '../table.ts';

export async function listLimits({ app, print }: Turn): Promise<undefined> {
  const store = await app.store();
  const now = app.clock.now();
  const states = await limitStates(store, await store.accounts.list(), now);
  print(states.map(limitView), () =>
    states.length === 0
      ? 'No accounts yet, so no limits.'
      : tallTable(
          ['ACCOUNT', 'USED', 'LEFT', 'FREES', 'LIMIT'],
          states.map((state) => [
            state.account ?? `${state.platform} (${state.scope})`,
            `${amountText(state, state.used)}${state.max < NO_CEILING ? ` of ${amountText(state, state.max)}` : ''}`,
            state.max < NO_CEILING ? amountText(state, state.left) : 'no limit set',
            state.blockedUntil !== null && state.blockedUntil > now
              ? `blocked until ${relativeText(state.blockedUntil, now)}`
              : state.resetsAt === null
                ? ''
                : relativeText(state.resetsAt, now),
            state.title,
          ]),
          tableWidth(app.io),
        ),
  );
}

/** Limits that count only where somebody set them have this maximum otherwise. */
const NO_CEILING = Number.MAX_SAFE_INTEGER;

/** Money is counted in thousandths of a US cent. */
function amountText(state: LimitState, amount: number): string {
  return state.unit === 'millicents' ? `$${(amount / 100_000).toFixed(2)}` : String(amount);
}

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
  await store.limits.setMax(
    scopeKey(limit, account),
    bucket,
    maxText === 'default' ? null : wholeNumber(maxText, 'The maximum'),
  );
  // What waited for room of the old size is looked at again; it waits on where there is still none.
  const now = app.clock.now();
  await store.jobs.hold(account.id, ['quota'], 'ready', now, now);
  app.nudge();
  const state = (await limitStates(store, [account], app.clock.now())).find((one) => one.bucket === bucket);
  if (state) print(limitView(state), () => `${state.title}: at most ${state.max}.`);
}
