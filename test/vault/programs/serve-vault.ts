/* Serves one vault over stdin and stdout, a JSON line a call, so that a test can use it in a process of its own. */
import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/core/clock.ts';
import { asFailure } from '../../../src/core/failure.ts';
import type { Vault } from '../../../src/core/vault.ts';
import { fileVault } from '../../../src/vault/file.ts';
import { keychainVault } from '../../../src/vault/keychain.ts';
import { openVault } from '../../../src/vault/open.ts';

const [kind = '', path = ''] = process.argv.slice(2);

async function open(): Promise<Vault> {
  if (kind === 'keychain') return keychainVault({ clock: systemClock });
  if (kind === 'file') return fileVault({ path, env: process.env, clock: systemClock });
  return await openVault({ env: process.env, path, clock: systemClock });
}

let opened: Promise<Vault> | undefined;
const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const { id, verb, name, value } = JSON.parse(line) as Record<string, string>;
  const answer = (content: object) => process.stdout.write(`${JSON.stringify({ id, ...content })}\n`);
  try {
    opened ??= open();
    const vault = await opened;
    if (verb === 'read') answer({ result: await vault.read(name ?? '') });
    else if (verb === 'write') answer({ result: await vault.write(name ?? '', value ?? '') });
    else if (verb === 'remove') answer({ result: await vault.remove(name ?? '') });
    else if (verb === 'probe') answer({ result: await vault.probe() });
    else answer({ result: vault.kind });
  } catch (error) {
    const { code, kind, message, hint } = asFailure(error);
    answer({ failure: { code, kind, message, hint } });
  }
});
