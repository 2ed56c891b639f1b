import { Failure } from '../../core/failure.ts';
import { scopeKey } from '../../engine/meter.ts';
import { serviceOf } from '../../platforms/index.ts';
import { limitView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findAccount, wholeNumber } from '../find.ts';
import { limitStates } from '../limits.ts';

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
