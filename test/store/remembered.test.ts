import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { addAccount, addSource, exampleRule, T0, temporaryFolder } from './examples.ts';

it('what is kept in memory is what is in the database, whoever changed it, and nobody else’s to change', async () => {
  const path = join(temporaryFolder(), 'repost.db');
  const open = async () => {
    const store = await openStore({ path, clock: new TestClock(T0) });
    onTestFinished(() => store.close());
    return store;
  };
  const [ours, theirs] = [await open(), await open()];
  const handles = async (filter = {}) => (await ours.accounts.list(filter)).map(({ handle }) => handle);
  const one = await addAccount(ours, '@one');
  expect(await handles()).toEqual(['@one']);
  const two = await addAccount(theirs, '@two', 'x');
  expect(await handles()).toEqual(['@one', '@two']);
  expect([await handles({ platform: 'x' }), await handles({ user: 'nobody' })]).toEqual([['@two'], []]);
  const [first] = await ours.accounts.list();
  expect(() => Object.assign(first ?? {}, { handle: '@mine' })).toThrow(TypeError);
  expect(await handles()).toEqual(['@one', '@two']);
  await theirs.accounts.update(one.id, { handle: '@uno' }, T0);
  await ours.accounts.update(two.id, { handle: '@due' }, T0);
  expect(await handles()).toEqual(['@uno', '@due']);
  await expect(ours.accounts.update(99, { handle: '@nobody' }, T0)).rejects.toThrow();
  await ours.accounts.remove(one.id, T0);
  expect(await handles()).toEqual(['@due']);

  const names = async () => (await ours.rules.list()).map(({ name }) => name);
  const source = await addSource(ours);
  const rule = await ours.rules.add(exampleRule(source.id, [two.id], 'first'), T0);
  expect(await names()).toEqual(['first']);
  await theirs.rules.add(exampleRule(source.id, [two.id], 'second'), T0);
  await ours.rules.replace({ ...rule, name: 'renamed' }, T0);
  expect(await names()).toEqual(['renamed', 'second']);
  await theirs.rules.remove(rule.id, T0);
  expect(await names()).toEqual(['second']);
});
