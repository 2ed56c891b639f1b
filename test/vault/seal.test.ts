import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Vault } from '../../src/core/vault.ts';
import { memoryVault } from '../../src/vault/memory.ts';
import { journalSeal } from '../../src/vault/seal.ts';

describe('the journal’s seal', () => {
  it('gives back any text, and only in the place it was sealed for', async () => {
    const { seal, unseal } = await journalSeal(memoryVault());
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const sealed = seal(text, '12/upload');
        expect(sealed).toMatch(/^sealed:[\w-]+$/u);
        expect(unseal(sealed, '12/upload')).toBe(text);
        expect(() => unseal(sealed, '13/upload')).toThrow(
          expect.objectContaining({ code: 'E_VAULT_CORRUPT' }),
        );
      }),
    );
  });

  it('never seals alike twice', async () => {
    const { seal } = await journalSeal(memoryVault());
    expect(seal('same', 'place')).not.toBe(seal('same', 'place'));
  });

  it('opens after a restart what was sealed before', async () => {
    const vault = memoryVault();
    const sealed = (await journalSeal(vault)).seal('https://upload.example/session', '12/open session');
    expect((await journalSeal(vault)).unseal(sealed, '12/open session')).toBe(
      'https://upload.example/session',
    );
  });

  it.each(['plain', 'sealed:', 'sealed:AAAA', 'sealed:????'])('refuses %s', async (text) => {
    const { unseal } = await journalSeal(memoryVault());
    expect(() => unseal(text, 'place')).toThrow(expect.objectContaining({ code: 'E_VAULT_CORRUPT' }));
  });

  it('makes one key where two begin at once under the lock', async () => {
    const vault = memoryVault();
    let last: Promise<unknown> = Promise.resolve();
    const lock = <T>(_: string, work: () => Promise<T>): Promise<T> => {
      const turn = last.then(work);
      last = turn;
      return turn;
    };
    const [one, two] = await Promise.all([journalSeal(vault, lock), journalSeal(vault, lock)]);
    expect(two.unseal(one.seal('text', 'place'), 'place')).toBe('text');
  });

  it('never makes a second key because the vault is locked', async () => {
    const written: string[] = [];
    const vault: Vault = {
      ...memoryVault(),
      read: async () => ({ state: 'locked', detail: 'The keychain is locked.' }),
      write: async (name) => void written.push(name),
    };
    await expect(journalSeal(vault)).rejects.toMatchObject({ code: 'E_VAULT_LOCKED', kind: 'later' });
    expect(written).toEqual([]);
  });

  it('calls a damaged key by its name', async () => {
    const vault = memoryVault();
    await vault.write('journal-key', 'short');
    await expect(journalSeal(vault)).rejects.toMatchObject({ code: 'E_VAULT_CORRUPT' });
  });
});
