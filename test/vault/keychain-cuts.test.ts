import { describe, expect, it } from 'vitest';
import { MINUTE, TestClock } from '../../src/core/clock.ts';
import { keychainVault } from '../../src/vault/keychain.ts';
import type { Keytar } from '../../src/vault/keychain-calls.ts';

/** A keychain of the strictest kind: items as small as Windows allows, and a process that dies at call n. */
class SmallKeychain implements Keytar {
  readonly items = new Map<string, string>();
  callsLeft = Number.POSITIVE_INFINITY;
  /** What the system's library says instead of working. */
  refusal: string | undefined;

  async getPassword(_: string, account: string): Promise<string | null> {
    return this.#call(() => this.items.get(account) ?? null);
  }

  async setPassword(_: string, account: string, password: string): Promise<void> {
    return this.#call(() => {
      if (Buffer.byteLength(password) > 2_560) throw new Error('The stub received bad data.');
      if (password === '' || password.includes('\0')) throw new Error('Password is required.');
      this.items.set(account, password);
    });
  }

  async deletePassword(_: string, account: string): Promise<boolean> {
    return this.#call(() => this.items.delete(account));
  }

  #call<T>(work: () => T): T {
    if (this.refusal !== undefined) throw new Error(this.refusal);
    if (this.callsLeft-- <= 0) throw new Error('the process is dead');
    return work();
  }
}

const clock = new TestClock();
const open = (keychain: Keytar) => keychainVault({ clock, load: async () => keychain });
const shown = async (keychain: Keytar) => {
  const back = await open(keychain).read('grant/x/1');
  return back.state === 'found' ? back.value : back.state;
};

const long = (letter: string, length = 7_000) => letter.repeat(length);

describe('keychain items', () => {
  it.each([
    ['long over long', long('a'), long('b', 5_000)],
    ['short over long', long('a'), 'b'],
    ['long over short', 'a', long('b')],
  ])('show the old or the new value wherever the process dies: %s', async (_, before, after) => {
    for (let n = 0; ; n++) {
      const keychain = new SmallKeychain();
      await open(keychain).write('grant/x/1', before);
      keychain.callsLeft = n;
      const died = await open(keychain)
        .write('grant/x/1', after)
        .then(
          () => false,
          () => true,
        );
      keychain.callsLeft = Number.POSITIVE_INFINITY;
      expect([before, after]).toContain(await shown(keychain));
      // Whatever it left, the next write and the removal clear it away.
      clock.advance(2 * MINUTE);
      await open(keychain).write('grant/x/1', long('c'));
      expect(await shown(keychain)).toBe(long('c'));
      await open(keychain).remove('grant/x/1');
      if (!died) {
        expect([...keychain.items.keys()]).toEqual([]);
        expect(n).toBeGreaterThan(3);
        break;
      }
    }
  });

  it('show one of the three values wherever two writes in a row die', async () => {
    const values = [long('a'), long('b', 5_000), long('c', 4_500)];
    const cut = async (keychain: SmallKeychain, calls: number, value: string) => {
      keychain.callsLeft = calls;
      await open(keychain)
        .write('grant/x/1', value)
        .catch(() => undefined);
      keychain.callsLeft = Number.POSITIVE_INFINITY;
      clock.advance(2 * MINUTE);
    };
    for (let first = 0; first < 16; first++)
      for (let second = 0; second < 24; second++) {
        const keychain = new SmallKeychain();
        await open(keychain).write('grant/x/1', values[0]!);
        await cut(keychain, first, values[1]!);
        await cut(keychain, second, values[2]!);
        expect(values).toContain(await shown(keychain));
        await open(keychain).remove('grant/x/1');
      }
  });

  it('leave nothing behind when a cut-off write is followed by a removal alone', async () => {
    for (let n = 0; n < 10; n++) {
      const keychain = new SmallKeychain();
      await open(keychain).write('grant/x/1', 'short');
      keychain.callsLeft = n;
      await open(keychain)
        .write('grant/x/1', long('b'))
        .catch(() => undefined);
      keychain.callsLeft = Number.POSITIVE_INFINITY;
      await open(keychain).remove('grant/x/1');
      expect([...keychain.items.keys()]).toEqual([]);
    }
  });

  it.each(['not json', '{"v":1}', '{"v":1,"generation":"g","parts":2,"sha256":"x"}', '{"v":2,"value":"x"}'])(
    'that are damaged are called corrupt, and can be written anew: %s',
    async (item) => {
      const keychain = new SmallKeychain();
      keychain.items.set('grant/x/1', item);
      expect(await open(keychain).read('grant/x/1')).toMatchObject({ state: 'corrupt' });
      await open(keychain).write('grant/x/1', 'new');
      expect(await shown(keychain)).toBe('new');
    },
  );

  it('never join the parts of two values', async () => {
    const keychain = new SmallKeychain();
    await open(keychain).write('grant/x/1', long('a'));
    const [part] = [...keychain.items.keys()].filter((account) => account.includes('/1/grant/x/1'));
    keychain.items.set(part!, 'b'.repeat(2_000));
    expect(await shown(keychain)).toBe('corrupt');
  });
});

describe('a keychain that refuses', () => {
  it.each([
    ['Cannot create an item in a locked collection', 'E_VAULT_LOCKED'],
    ['Secret Service: unlock prompt was dismissed', 'E_VAULT_LOCKED'],
    ['User interaction is not allowed.', 'E_VAULT_LOCKED'],
    ['Cannot autolaunch D-Bus without X11 $DISPLAY', 'E_VAULT_UNREACHABLE'],
    ['Object does not exist at path “/org/freedesktop/secrets/collection/login”', 'E_VAULT_UNREACHABLE'],
    ['something new', 'E_VAULT_UNREACHABLE'],
  ])('%s → %s', async (refusal, code) => {
    const keychain = new SmallKeychain();
    keychain.refusal = refusal;
    await expect(open(keychain).write('a', 'v')).rejects.toMatchObject({ code, kind: 'later' });
    const state = code === 'E_VAULT_LOCKED' ? 'locked' : 'unreachable';
    expect(await open(keychain).read('a')).toMatchObject({ state });
  });

  it('is unreachable where the add-on can’t be loaded, and is loaded again the next time', async () => {
    let installed = false;
    const vault = keychainVault({
      clock,
      load: async () => {
        if (!installed) throw new Error('Failed to load keytar native addon');
        return new SmallKeychain();
      },
    });
    await expect(vault.probe()).rejects.toMatchObject({
      code: 'E_VAULT_UNREACHABLE',
      hint: expect.stringContaining('libsecret-1-0'),
    });
    installed = true;
    await vault.probe();
  });
});
