import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Vault } from '../../src/core/vault.ts';
import { commandVault } from '../../src/vault/command.ts';
import { fileVault } from '../../src/vault/file.ts';
import { readGrant, readSecret, saveGrant, saveSecret } from '../../src/vault/grants.ts';
import { keychainVault } from '../../src/vault/keychain.ts';
import { memoryVault } from '../../src/vault/memory.ts';
import { openVault } from '../../src/vault/open.ts';
import { journalSeal } from '../../src/vault/seal.ts';
import { account } from './programs/tiny-service.ts';

/** In every secret that goes in; must come out of no error. */
const CANARY = 'c4nary5ecret';
const grant = { accessToken: `${CANARY}a`, refreshToken: `${CANARY}r`, scopes: [], obtainedAt: 0 };
const clock = systemClock;

/** All that an error could show in a log: text, advice, stack, causes, hidden members. */
async function everythingSaid(calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  const said: string[] = [];
  for (const call of calls)
    await call().then(
      // A read that finds the value gives it to its caller; its bad outcomes are what people see.
      (result) => {
        const outcome = result as { state?: string } | undefined;
        if (outcome?.state && outcome.state !== 'found') said.push(inspect(outcome));
      },
      (error: unknown) => said.push(inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)),
    );
  return said;
}

/** Everything that can be asked of a vault, with marked secrets. */
const everyCall = (vault: Vault) => [
  () => saveGrant(vault, account, grant),
  () => saveSecret(vault, 'x', '', `${CANARY}s`),
  () => vault.write('long', CANARY.repeat(500)),
  () => vault.read('grant/pinterest/7575000000000000123'),
  () => vault.read('long'),
  () => readGrant(vault, account),
  () => readSecret(vault, 'x'),
  () => journalSeal(vault),
  () => vault.remove('long'),
  () => vault.probe(),
];

async function expectSilent(calls: readonly (() => Promise<unknown>)[], atLeast: number): Promise<void> {
  const said = await everythingSaid(calls);
  expect(said.length).toBeGreaterThanOrEqual(atLeast);
  for (const form of [
    CANARY,
    Buffer.from(CANARY).toString('base64').slice(0, 12),
    encodeURIComponent(CANARY),
  ])
    for (const text of said) expect(text).not.toContain(form);
}

describe('no error of a vault names a secret:', () => {
  it.each(['locked collection', 'strange', `echo ${CANARY}`])('keychain that says %s', async (says) => {
    const refuse = async (..._: unknown[]): Promise<never> => {
      throw new Error(says);
    };
    const echo = async (_: string, name: string, value?: string): Promise<never> => {
      throw new Error(`${says} ${name} ${value}`);
    };
    const keychain = {
      getPassword: async () => null,
      setPassword: echo,
      deletePassword: says.startsWith('echo') ? async () => false : refuse,
    };
    const vault = keychainVault({ clock, load: async () => keychain });
    await expectSilent(everyCall(vault), 8);
  });

  it('keychain with damaged items', async () => {
    const keychain = {
      getPassword: async () => `{"v":1,"oops":"${CANARY}`,
      setPassword: async () => undefined,
      deletePassword: async () => true,
    };
    await expectSilent(everyCall(keychainVault({ clock, load: async () => keychain })), 5);
  });

  it.each([
    ['that fails', 'cat; exit 1'],
    ['that is locked', 'cat; cat >&2; exit 2'],
    ['that echoes its input', 'cat'],
    ['that prints what is no JSON', `echo ${CANARY}`],
    ['that prints another shape', `echo '{"value": {"token": "${CANARY}"}}'`],
  ])('command %s', async (_, script) => {
    const vault = commandVault({ command: `(${script}) #`, env: process.env, clock });
    await expectSilent(everyCall(vault), 1);
  });

  it('file, in every state it can be in', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'repost-canary-')), 'vault.json');
    const open = (passphrase: string) =>
      fileVault({ path, env: { REPOST_VAULT_PASSPHRASE: passphrase }, clock });
    await saveGrant(open(`${CANARY}p`), account, grant);
    await expectSilent(everyCall(open(`${CANARY}wrong`)), 6);
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, `${CANARY} ${whole.slice(0, 80)}`);
    await expectSilent(everyCall(open(`${CANARY}p`)), 8);
    writeFileSync(path, whole);
    chmodSync(path, 0o644);
    await expectSilent(everyCall(open(`${CANARY}p`)), 8);
    await expectSilent(everyCall(open('')), 8);
    const below = fileVault({ path: join(path, 'x'), env: { REPOST_VAULT_PASSPHRASE: CANARY }, clock });
    await expectSilent(everyCall(below), 8);
    const commanded = { REPOST_VAULT_PASSPHRASE_COMMAND: `echo ${CANARY}; false`, PATH: process.env['PATH'] };
    chmodSync(path, 0o600);
    await expectSilent(everyCall(fileVault({ path, env: commanded, clock })), 6);
  });

  it('what lies in the vault and is no grant, no key, no sealed text', async () => {
    const vault = memoryVault();
    await vault.write('grant/pinterest/7575000000000000123', `{"v":1,"grant":"${CANARY}`);
    await vault.write('journal-key', CANARY);
    const whole = memoryVault();
    const { unseal } = await journalSeal(whole);
    await expectSilent(
      [
        () => readGrant(vault, account),
        () => journalSeal(vault),
        async () => unseal(`sealed:${CANARY}`, 'place'),
        async () => unseal(CANARY, 'place'),
      ],
      4,
    );
  });

  it('opening', async () => {
    const load = async () => {
      throw new Error(CANARY);
    };
    const env = { REPOST_VAULT_PASSPHRASE: CANARY };
    await expectSilent([() => openVault({ env, path: '/nowhere', clock, load })], 1);
  });
});
