import type { Channel } from '../core/alert.ts';
import { composeAlert } from './alert-compose.ts';
import type { Courier } from './alert-courier.ts';
import type { PlanInput } from './alert-plan.ts';
import type { AlertDeps } from './alerts.ts';

type Problems = PlanInput['problems'];

/** Where the store can't be written: what is critical is told all the same, once, from memory. */
export interface PastStore {
  tell(channels: readonly Channel[], problems: Problems): Promise<void>;
  /** What was told so and is not in the store so far: `channelId key` → id of the message. */
  told(): ReadonlyMap<string, string>;
  /** The problems that were told so. */
  problems(): Problems;
  /** They are in the store now. */
  forget(places: Iterable<string>): void;
}

type Deps = Pick<AlertDeps, 'store' | 'clock' | 'newId' | 'send' | 'onError'>;

export function createPastStore(deps: Deps, courier: Courier): PastStore {
  const remembered = new Map<string, { messageId: string; problem: Problems[number] }>();

  async function tellChannel(channel: Channel, problems: Problems): Promise<void> {
    const now = deps.clock.now();
    const due = problems.filter((one) => one.severity === 'critical' && courier.isFor(channel, one));
    const fresh = due.filter(({ key }) => !remembered.has(`${channel.id} ${key}`));
    const unsaid = await notToldBefore(deps, channel, fresh);
    if (unsaid.length === 0) return;
    const items = unsaid.map((problem) => ({ problem, state: 'open' as const, openedAt: now }));
    const message = composeAlert(deps.newId(), items, now);
    try {
      await deps.send(channel, message);
    } catch (error) {
      return deps.onError(error);
    }
    for (const problem of unsaid)
      remembered.set(`${channel.id} ${problem.key}`, { messageId: message.id, problem });
  }

  return {
    async tell(channels, problems) {
      for (const channel of channels) await tellChannel(channel, problems);
    },
    told: () => new Map([...remembered].map(([place, { messageId }]) => [place, messageId])),
    problems: () => [...remembered.values()].map(({ problem }) => problem),
    forget(places) {
      for (const place of places) remembered.delete(place);
    },
  };
}

/** A store that can't be written can often still be read. */
async function notToldBefore({ store }: Deps, channel: Channel, problems: Problems): Promise<Problems> {
  const notices = await store.alerts.notices().catch(() => []);
  return problems.filter(
    ({ key, step }) =>
      !notices.some(
        (one) =>
          one.channelId === channel.id &&
          one.problem.key === key &&
          one.step === step &&
          one.messageId !== null,
      ),
  );
}
