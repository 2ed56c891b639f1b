import { limitView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { amountText, limitStates, NO_CEILING } from '../limits.ts';
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
