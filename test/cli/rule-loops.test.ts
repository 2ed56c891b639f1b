import { beforeEach, expect, it } from 'vitest';
import { refuseLoop } from '../../src/cli/rule-loops.ts';
import { TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { NewRule, Store } from '../../src/store/types.ts';

let store: Store;
let accounts: number[];

const rule = (name: string, from: number, ...to: number[]): NewRule => ({
  name,
  user: 'me',
  sourceId: from + 1,
  destinations: to.map((n) => ({ accountId: accounts[n] ?? 0, options: {} })),
  media: [],
  delayMs: 0,
  approve: false,
  catchUp: { kind: 'all' },
  paused: false,
  startsAt: 0,
  spec: {},
});

beforeEach(async () => {
  store = await openStore({ path: ':memory:', clock: new TestClock() });
  accounts = [];
  for (const handle of ['@a', '@b', '@c']) {
    const account = {
      platform: 'tiktok',
      handle,
      name: handle,
      remoteId: handle,
      user: 'me',
      scopes: [],
      settings: {},
    } as const;
    const { id } = await store.accounts.save(account, 0);
    accounts.push(id);
    await store.sources.add(
      { kind: 'tiktok', accountId: id, locator: null, name: `tiktok:${handle}`, user: 'me' },
      0,
    );
  }
});

it('refuses a rule that closes a circle with stored ones, paused or not', async () => {
  await store.rules.add(rule('one', 0, 1), 0);
  await store.rules.add({ ...rule('two', 1, 2), paused: true }, 0);
  await expect(refuseLoop(store, rule('three', 2, 1))).rejects.toMatchObject({
    code: 'E_RULE',
    message: 'That would be a loop: tiktok:@b → tiktok:@c (two) → tiktok:@b (three).',
  });
  await expect(refuseLoop(store, rule('three', 0, 2))).resolves.toBeUndefined();
});

it('takes a rule that is changed by what it becomes', async () => {
  await store.rules.add(rule('one', 0, 1), 0);
  const { id } = await store.rules.add(rule('two', 1, 2), 0);
  await expect(refuseLoop(store, { ...rule('two', 1, 0), id })).rejects.toMatchObject({ code: 'E_RULE' });
  await expect(refuseLoop(store, { ...rule('two', 2, 1), id })).resolves.toBeUndefined();
});

it('sees circles among rules that are not stored yet', async () => {
  await store.rules.add(rule('one', 0, 1), 0);
  const two = rule('two', 1, 2);
  const three = rule('three', 2, 0);
  await expect(refuseLoop(store, three)).resolves.toBeUndefined();
  await expect(refuseLoop(store, three, [two, three])).rejects.toMatchObject({ code: 'E_RULE' });
  await expect(refuseLoop(store, three, [two, { ...rule('one', 0, 2) }])).rejects.toMatchObject({
    code: 'E_RULE',
  });
  await expect(refuseLoop(store, three, [two, { ...rule('one', 1, 2) }])).resolves.toBeUndefined();
});
