import { join } from 'node:path';
import { expect, it } from 'vitest';
import { moveSecrets, unfinishedMove } from '../../src/cli/vault-move.ts';
import { notingNames, VAULT_KEY } from '../../src/cli/vault-names.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Vault } from '../../src/core/vault.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { memoryVault } from '../../src/vault/memory.ts';
import { temporaryFolder } from '../store/examples.ts';

type Meta = Store['meta'];
const secrets = ['app/x', 'grant/x/1', 'grant/x/2', 'home-generation/7'];

/** Ends the process, as it were: from its n-th call on nothing happens any more. */
function cutAt(n: number) {
  let calls = 0;
  const cut = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(one, name: keyof T & string) {
        const member = one[name];
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          calls += 1;
          if (calls > n) throw new Error('killed');
          return (member as (...all: unknown[]) => unknown).apply(one, args);
        };
      },
    });
  return { cut, wasCut: () => calls > n };
}

async function homeWith(): Promise<{ meta: Meta; from: Vault; to: Vault; close(): Promise<void> }> {
  const store = await openStore({ path: join(temporaryFolder(), 'repost.db'), clock: systemClock });
  const { meta } = store;
  const from: Vault = { ...memoryVault(), kind: 'file' };
  const noting = notingNames(from, meta);
  for (const name of secrets) await noting.write(name, `${name} of old`);
  await meta.set(VAULT_KEY, 'file');
  return { meta, from, to: { ...memoryVault(), kind: 'database' }, close: () => store.close() };
}

const valueIn = async (vault: Vault, name: string) => {
  const found = await vault.read(name);
  return found.state === 'found' ? found.value : found.state;
};

it('a move of the secrets loses none, wherever it is cut off, and once more ends it', async () => {
  for (let n = 0; ; n += 1) {
    const { meta, from, to, close } = await homeWith();
    const { cut, wasCut } = cutAt(n);
    const change = async (where: Meta) => where.set(VAULT_KEY, 'database');
    const killed = { meta: cut(meta), from: cut(from), to: cut(to) };
    await moveSecrets({
      ...killed,
      host: 'a',
      toIsInUse: false,
      change: () => change(killed.meta),
    }).catch(() => undefined);

    const toIsInUse = (await meta.get(VAULT_KEY)) === 'database';
    const inUse = toIsInUse ? to : from;
    for (const name of secrets)
      expect(await valueIn(inUse, name), `${name} cut at ${n}`).toBe(`${name} of old`);
    // Meanwhile the home works: one sign-in is renewed, one is ended.
    const home = notingNames(inUse, meta);
    await home.write('grant/x/1', 'renewed');
    await home.remove('grant/x/2');
    const again = wasCut();
    if (again) {
      await moveSecrets({ meta, from, to, host: 'a', toIsInUse, change: () => change(meta) });
      expect(await valueIn(to, 'grant/x/1'), `cut at ${n}`).toBe('renewed');
      expect(await valueIn(to, 'app/x')).toBe('app/x of old');
      expect(await valueIn(to, 'home-generation/7')).toBe('home-generation/7 of old');
    }
    for (const name of secrets) expect(await valueIn(from, name), `${name} cut at ${n}`).toBe('absent');
    if (toIsInUse) expect(await valueIn(to, 'grant/x/2')).toBe('absent');
    expect(await unfinishedMove(meta, 'a')).toBeUndefined();
    await close();
    if (!again) {
      expect(n).toBeGreaterThan(20);
      return;
    }
  }
});

it('what another host has in the vault already stays, and the old vault keeps its own', async () => {
  const { meta, from, to, close } = await homeWith();
  await to.write('grant/x/1', 'of another host');
  const change = () => meta.set(VAULT_KEY, 'database');
  const moved = await moveSecrets({ meta, from, to, host: 'a', toIsInUse: true, change });
  expect(moved).toEqual({ moved: 2, left: ['grant/x/1'] });
  expect(await valueIn(to, 'grant/x/1')).toBe('of another host');
  expect(await valueIn(from, 'grant/x/1')).toBe('grant/x/1 of old');
  expect(await valueIn(to, 'grant/x/2')).toBe('grant/x/2 of old');
  await close();
});

it('a renewal that another process saves in the old vault meanwhile comes along', async () => {
  const { meta, from, to, close } = await homeWith();
  const change = async () => {
    await meta.set(VAULT_KEY, 'database');
    await from.write('grant/x/1', 'renewed late');
  };
  await moveSecrets({ meta, from, to, host: 'a', toIsInUse: false, change });
  expect(await valueIn(to, 'grant/x/1')).toBe('renewed late');
  await close();
});

it('a vault that does not give back what it was given gets nothing', async () => {
  const { meta, from, to, close } = await homeWith();
  const deaf: Vault = { ...to, probe: async () => undefined, write: async () => undefined };
  const change = () => meta.set(VAULT_KEY, 'database');
  await expect(
    moveSecrets({ meta, from, to: deaf, host: 'a', toIsInUse: false, change }),
  ).rejects.toMatchObject({ code: 'E_VAULT_UNREACHABLE' });
  expect(await meta.get(VAULT_KEY)).toBe('file');
  for (const name of secrets) expect(await valueIn(from, name)).toBe(`${name} of old`);
  await close();
});
