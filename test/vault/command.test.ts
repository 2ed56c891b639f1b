import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import { commandVault } from '../../src/vault/command.ts';
import { vaultContract } from './contract.ts';

const helper = join(import.meta.dirname, 'programs/helper.mjs');
const command = `'${process.execPath}' '${helper}'`;

function open(more: Record<string, string> = {}, timeoutMs = 30_000) {
  const folder = mkdtempSync(join(tmpdir(), 'repost-helper-'));
  const env = { ...process.env, HELPER_DIR: folder, HELPER_LOG: join(folder, 'argv'), ...more };
  return { folder, vault: commandVault({ command, env, clock: systemClock, timeoutMs }) };
}

vaultContract('command', async () => open(), { runs: 5 });

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('command vault', () => {
  it('never gives a secret as an argument', async () => {
    const { folder, vault } = open();
    await vault.write('grant/x/1', 'canary-secret');
    const argv = readFileSync(join(folder, 'argv'), 'utf8');
    expect(argv).toContain('store');
    expect(argv).not.toContain('canary-secret');
  });

  it('keeps the passphrase of the file vault from the command', async () => {
    const shown = commandVault({
      command: `printf '{"value": "%s"}' "$REPOST_VAULT_PASSPHRASE" #`,
      env: { ...process.env, REPOST_VAULT_PASSPHRASE: 'canary-secret' },
      clock: systemClock,
    });
    expect(await shown.read('any')).toEqual({ state: 'found', value: '' });
  });

  it.each([
    ['locked', 'locked'],
    ['broken', 'unreachable'],
    ['chatty', 'unreachable'],
    ['huge', 'unreachable'],
  ])('reads a helper that is %s as %s', async (mood, state) => {
    const { vault } = open({ HELPER_MOOD: mood });
    expect((await vault.read('grant/x/1')).state).toBe(state);
  });

  it('gives up on a helper that hangs, and leaves no process behind', async () => {
    const { vault, folder } = open({ HELPER_MOOD: 'hangs' }, 3_000);
    expect(await vault.read('grant/x/1')).toMatchObject({ state: 'unreachable' });
    const { pid } = JSON.parse(readFileSync(join(folder, 'argv'), 'utf8')) as { pid: number };
    // Dead at once; it may take the system a moment to forget it.
    await expect.poll(() => isThere(pid), { timeout: 10_000 }).toBe(false);
    await expect(vault.write('grant/x/1', 'v')).rejects.toMatchObject({
      code: 'E_VAULT_UNREACHABLE',
      kind: 'later',
    });
  });

  it('is unreachable where there is no such program', async () => {
    const vault = commandVault({ command: '/nowhere/helper', env: process.env, clock: systemClock });
    expect((await vault.read('a')).state).toBe('unreachable');
  });

  it('waits for its person where the store is locked', async () => {
    const { vault } = open({ HELPER_MOOD: 'locked' });
    await expect(vault.write('a', 'v')).rejects.toMatchObject({ code: 'E_VAULT_LOCKED', kind: 'later' });
  });

  it('finds out by its probe that a helper changes values', async () => {
    const { vault } = open({ HELPER_MOOD: 'trims' });
    await expect(vault.probe()).rejects.toMatchObject({ code: 'E_VAULT_UNREACHABLE' });
  });

  it('does not show what a helper says about a secret', async () => {
    const { vault } = open({ HELPER_MOOD: 'broken' });
    const failure: Failure = await vault.write('grant/x/1', 'canary-secret').then(
      () => expect.fail('it was refused'),
      (error: Failure) => error,
    );
    expect(`${failure.message} ${failure.hint} ${failure.stack}`).not.toContain('canary-secret');
  });
});
