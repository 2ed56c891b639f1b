import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import { openVault } from '../../src/vault/open.ts';

const path = join(mkdtempSync(join(tmpdir(), 'repost-open-')), 'vault.json');
const clock = new TestClock();
const noKeychain = async () => {
  throw new Error('Failed to load keytar native addon');
};
const base = { env: {}, path, clock, load: noKeychain };

/** A keychain whose daemon never answers. */
const silentKeychain = async () => ({
  getPassword: () => new Promise<null>(() => undefined),
  setPassword: () => new Promise<void>(() => undefined),
  deletePassword: () => new Promise<boolean>(() => undefined),
});

describe('choosing a vault', () => {
  it('takes the setting before the environment', async () => {
    const vault = await openVault({ ...base, kind: 'file', env: { REPOST_VAULT: 'keychain' } });
    expect([vault.kind, vault.description]).toEqual(['file', path]);
  });

  it('takes the environment where there is no setting', async () => {
    const env = { REPOST_VAULT: 'command', REPOST_VAULT_COMMAND: 'true' };
    expect((await openVault({ ...base, env })).kind).toBe('command');
  });

  it('does not try a keychain that was chosen', async () => {
    expect((await openVault({ ...base, kind: 'keychain' })).kind).toBe('keychain');
  });

  it('does not put a chosen file beside a keychain that fails, or the other way round', async () => {
    await expect((await openVault({ ...base, kind: 'keychain' })).write('a', 'v')).rejects.toMatchObject({
      code: 'E_VAULT_UNREACHABLE',
    });
  });

  it.each([
    [{ REPOST_VAULT: 'plain' }, 'keychain, file, command'],
    [{ REPOST_VAULT: 'command' }, 'vault.command'],
  ])('refuses %o', async (env, hint) => {
    await expect(openVault({ ...base, env })).rejects.toMatchObject({
      code: 'E_CONFIG',
      hint: expect.stringContaining(hint),
    });
  });

  it('names the two lines that help, and what is missing, where nothing answers', async () => {
    const refused = openVault(base);
    await expect(refused).rejects.toMatchObject({
      code: 'E_VAULT_NONE',
      message: expect.stringContaining('libsecret'),
    });
    const hint = await refused.then(
      () => '',
      (error: Failure) => error.hint,
    );
    expect(hint.split('\n').filter((line) => line.startsWith('export '))).toEqual([
      'export REPOST_VAULT=file',
      expect.stringMatching(/^export REPOST_VAULT_PASSPHRASE_FILE=\S+$/u),
    ]);
  });

  it('waits 5 s for a keychain and no longer', async () => {
    const opening = openVault({ ...base, load: silentKeychain });
    let ended = false;
    void opening.catch(() => {
      ended = true;
    });
    await expect.poll(() => clock.nextWakeAt()).toBe(clock.now() + 5_000);
    clock.advance(4_999);
    expect(ended).toBe(false);
    clock.advance(1);
    await expect(opening).rejects.toMatchObject({
      code: 'E_VAULT_NONE',
      message: expect.stringContaining('5 s'),
    });
  });
});
