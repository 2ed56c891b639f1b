import { describe, expect, it } from 'vitest';
import type { AlertMessage, ChannelSettings, Problem } from '../../src/core/alert.ts';
import type { DeliveryRow } from '../../src/store/alert-types.ts';
import type { OpenStore } from './contract.ts';
import { codeOf, T0 } from './examples.ts';

const settings: ChannelSettings = {
  severity: 'warning',
  only: null,
  except: [],
  user: null,
  quiet: null,
  digest: null,
  repeatMs: 0,
  place: 'hooks.example.com',
};
const problem: Problem = {
  key: 'disk',
  rule: 'disk',
  severity: 'critical',
  step: 'full',
  user: null,
  title: 'The disk is full.',
  facts: [['free', '0 MB']],
  todo: 'Free some space.',
};
const message = (id: string): AlertMessage => ({
  schemaVersion: 1,
  id,
  kind: 'alert',
  severity: 'critical',
  title: 'The disk is full.',
  lines: [],
  items: [],
  more: 0,
  createdAt: new Date(T0).toISOString(),
});
const delivery = (messageId: string, outcome: DeliveryRow['outcome'], at = T0): Omit<DeliveryRow, 'id'> => ({
  channel: 'slack',
  kind: 'slack',
  messageId,
  title: 'The disk is full.',
  attempt: 1,
  outcome,
  error: null,
  at,
  tookMs: 12,
});
const nothing = { opened: [], seen: [], notices: [], dropped: [], resolved: [] };

export function describeAlerts(open: OpenStore): void {
  describe('alerts', () => {
    const openChannel = async () => {
      const store = await open();
      const { alerts } = store;
      const channel = await alerts.addChannel(
        { name: 'slack', kind: 'slack', settings, digestAt: null, weeklyAt: null },
        T0,
      );
      const notice = { channelId: channel.id, key: 'disk', state: 'open', step: 'full', dueAt: T0 } as const;
      return { alerts, channel, notice };
    };

    it('keep a channel under its name, once', async () => {
      const { alerts, channel } = await openChannel();
      expect(await alerts.channels()).toEqual([channel]);
      const again = alerts.addChannel(
        { name: 'slack', kind: 'ntfy', settings, digestAt: null, weeklyAt: null },
        T0,
      );
      expect(await codeOf(again)).toBe('E_EXISTS');
      await alerts.setDigestAt(channel.id, T0 + 5);
      await alerts.setWeeklyAt(channel.id, T0 + 6);
      expect((await alerts.channels())[0]).toMatchObject({ digestAt: T0 + 5, weeklyAt: T0 + 6 });
      expect(await alerts.removeChannel('slack')).toBe(true);
      expect(await alerts.removeChannel('slack')).toBe(false);
    });

    it('take a problem once while it is open, and each notice of it once', async () => {
      const { alerts, notice } = await openChannel();
      for (let times = 0; times < 3; times += 1)
        await alerts.apply({ ...nothing, opened: [problem], notices: [notice] }, T0 + times);
      const [row, second] = await alerts.open();
      expect(second).toBeUndefined();
      expect(row).toMatchObject({ problem, openedAt: T0, missingSince: null });
      expect(await alerts.notices()).toMatchObject([
        { state: 'open', step: 'full', messageId: null, problem },
      ]);
      await alerts.apply({ ...nothing, resolved: [row?.id ?? 0] }, T0 + 9);
      expect(await alerts.open()).toEqual([]);
      await alerts.apply({ ...nothing, opened: [problem] }, T0 + 10);
      expect((await alerts.open())[0]?.id).not.toBe(row?.id);
    });

    it('send one message of a channel after the other, and what was on its way again', async () => {
      const { alerts, channel, notice } = await openChannel();
      await alerts.apply({ ...nothing, opened: [problem], notices: [notice] }, T0);
      const [row] = await alerts.notices();
      await alerts.queue(message('m1'), channel.id, [row?.id ?? 0], T0);
      await alerts.queue(message('m2'), channel.id, [], T0 + 1);
      expect((await alerts.notices())[0]?.messageId).toBe('m1');
      expect((await alerts.outbox()).map(({ id }) => id)).toEqual(['m1']);
      expect(await alerts.take('m1', T0)).toMatchObject({ id: 'm1', state: 'sending', attempt: 1 });
      expect(await alerts.take('m1', T0)).toBeUndefined();
      expect(await alerts.recover(T0 + 2)).toBe(1);
      expect(await alerts.take('m1', T0 + 2)).toMatchObject({ attempt: 2 });
      await alerts.settle('m1', delivery('m1', 'retried'), T0 + 500);
      expect((await alerts.outbox())[0]).toMatchObject({ id: 'm1', dueAt: T0 + 500 });
      await alerts.hasten(channel.id, T0 + 3);
      expect((await alerts.outbox())[0]).toMatchObject({ id: 'm1', dueAt: T0 + 3 });
      await alerts.take('m1', T0 + 3);
      await alerts.settle('m1', delivery('m1', 'sent', T0 + 4), null);
      expect((await alerts.outbox()).map(({ id }) => id)).toEqual(['m2']);
      const log = await alerts.deliveries({ channel: 'slack', limit: 5 });
      expect(log.map(({ outcome }) => outcome)).toEqual(['sent', 'retried']);
      expect(await alerts.deliveries({ channel: 'other', limit: 5 })).toEqual([]);
    });

    it('forget what waits for a channel that is gone, and what ended long ago', async () => {
      const { alerts, channel, notice } = await openChannel();
      await alerts.apply({ ...nothing, opened: [problem], notices: [notice] }, T0);
      await alerts.queue(message('m1'), channel.id, [], T0);
      await alerts.removeChannel('slack');
      expect(await alerts.outbox()).toEqual([]);
      expect(await alerts.notices()).toEqual([]);
      await alerts.queue(message('m2'), channel.id, [], T0);
      await alerts.apply({ ...nothing, notices: [notice] }, T0);
      expect([await alerts.outbox(), await alerts.notices()]).toEqual([[], []]);
      await alerts.log(delivery('m1', 'failed', T0));
      await alerts.prune(T0);
      expect(await alerts.deliveries({ limit: 5 })).toHaveLength(1);
      await alerts.prune(T0 + 1);
      expect(await alerts.deliveries({ limit: 5 })).toEqual([]);
    });
  });
}
