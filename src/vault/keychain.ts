import type { Clock } from '../core/clock.ts';
import { MINUTE, SECOND } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import type { Vault, VaultRead } from '../core/vault.ts';
import { readOutcome, vaultCorrupt } from './failures.ts';
import type { Calls, Keytar } from './keychain-calls.ts';
import { keychainCalls } from './keychain-calls.ts';
import type { Head } from './keychain-items.ts';
import { itemsOf, joinParts, markAccount, parseHead, parseMark, partAccount } from './keychain-items.ts';
import { startKeytar } from './keychain-process.ts';
import { proveCanary } from './probe.ts';
import { takeTurns } from './turns.ts';

export interface KeychainOptions {
  clock: Clock;
  /** Name under which the items lie in the keychain. Default `repost`. */
  service?: string;
  /** How long one call may take (ms). Default 5 s; a stopped keyring daemon would take 25. */
  timeoutMs?: number;
  /** Where the keytar API comes from. Default: the optional package, in a process that starts at the first call. */
  load?: () => Promise<Keytar>;
}

/** A write takes milliseconds; one that is older was cut off. */
const UNFINISHED_MS = MINUTE;

/** The keychain of the operating system: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows. */
export function keychainVault(options: KeychainOptions): Vault {
  const description = describeKeychain();
  const inTurn = takeTurns();
  const calls = keychainCalls({
    clock: options.clock,
    service: options.service ?? 'repost',
    timeoutMs: options.timeoutMs ?? 5 * SECOND,
    load: options.load ?? startKeytar,
  });
  const prove = () =>
    proveCanary({
      description,
      read: async (name) => (await readItems(calls, name)) ?? { state: 'absent' },
      write: (name, value) => writeItems(calls, options.clock, name, value),
      remove: async (name) => void (await calls.remove(name)),
    });
  return {
    kind: 'keychain',
    description,
    probe: () => inTurn(prove),
    read: (name) =>
      inTurn(async () => {
        try {
          const found = await readItems(calls, name);
          if (found) return found;
          // A locked keychain answers like an empty one. Only one that keeps a canary may say `absent`, and
          // only if it was open when it was asked.
          await prove();
          return (await readItems(calls, name)) ?? { state: 'absent' };
        } catch (error) {
          return readOutcome(error);
        }
      }),
    write: (name, value) => inTurn(() => writeItems(calls, options.clock, name, value)),
    remove: (name) =>
      inTurn(async () => {
        // Nothing deleted: there was nothing, or it is locked and all is still there.
        if (!(await removeItems(calls, name))) await prove();
      }),
  };
}

/** Undefined where the keychain gives nothing: absent or locked. */
async function readItems(calls: Calls, name: string): Promise<VaultRead | undefined> {
  // Another process may switch the head and remove the old parts between our look at both.
  for (let turn = 1; turn <= 3; turn++) {
    const text = await calls.get(name);
    if (text === null) return undefined;
    const head = parseHead(text);
    if (!head) throw damaged(name);
    if ('value' in head) return { state: 'found', value: head.value };
    const parts: (string | null)[] = [];
    for (let index = 0; index < head.parts; index++)
      parts.push(await calls.get(partAccount(name, head.generation, index)));
    const value = joinParts(head, parts);
    if (value !== undefined) return { state: 'found', value };
  }
  // Parts that are missing because it was locked between two calls are not damage.
  const again = await calls.get(name);
  if (again === null) return undefined;
  throw damaged(name);
}

/** Parts of a fresh generation, then the head, then away with the old parts: a reader sees old or new, never both. */
async function writeItems(calls: Calls, clock: Clock, name: string, value: string): Promise<void> {
  const old = await calls.get(name);
  const { head, parts } = itemsOf(name, value);
  if (parts.length > 0) {
    await clearCutOff(calls, name, clock.now() - UNFINISHED_MS);
    await calls.set(markAccount(name), JSON.stringify({ at: clock.now(), head }));
    for (const [account, text] of parts) await calls.set(account, text);
  }
  await calls.set(name, head);
  if (parts.length > 0) await calls.remove(markAccount(name));
  if (old !== null) await removeParts(calls, name, parseHead(old));
}

/** True where there was something to remove. Head first: from then on there is no value. */
async function removeItems(calls: Calls, name: string): Promise<boolean> {
  const old = await calls.get(name);
  const removed = await calls.remove(name);
  if (old !== null) await removeParts(calls, name, parseHead(old));
  await clearCutOff(calls, name, Number.POSITIVE_INFINITY);
  return removed;
}

/** Removes what a write left that began before `before` (epoch ms) and did not come to its end. */
async function clearCutOff(calls: Calls, name: string, before: number): Promise<void> {
  const mark = await calls.get(markAccount(name));
  if (mark === null) return;
  const { at, head } = parseMark(mark);
  if (at >= before) return;
  const live = await calls.get(name);
  // The write was cut off after its last step but one: its parts are the value.
  if (live !== head) await removeParts(calls, name, parseHead(head));
  await calls.remove(markAccount(name));
}

async function removeParts(calls: Calls, name: string, head: Head | undefined): Promise<void> {
  if (!head || 'value' in head) return;
  for (let index = 0; index < head.parts; index++)
    await calls.remove(partAccount(name, head.generation, index));
}

function damaged(name: string): Failure {
  return vaultCorrupt(
    `The keychain’s item ${name} can’t be read.`,
    name.startsWith('grant/')
      ? 'Sign in again.'
      : 'Remove it in the keychain’s own program and set it again.',
  );
}

function describeKeychain(): string {
  if (process.platform === 'darwin') return 'the macOS keychain';
  if (process.platform === 'win32') return 'the Windows Credential Manager';
  return 'the desktop’s keyring (Secret Service)';
}
