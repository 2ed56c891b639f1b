import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ErrorCode } from '../../../src/core/codes.ts';
import type { FailureDetails } from '../../../src/core/failure.ts';
import { Failure } from '../../../src/core/failure.ts';
import type { Vault, VaultKind, VaultRead } from '../../../src/core/vault.ts';

interface Answer {
  id: string;
  result?: unknown;
  failure?: { code: ErrorCode } & FailureDetails;
}

export interface Served {
  vault: Vault;
  child: ChildProcess;
  /** The kind that was opened; throws what opening threw. */
  kind(): Promise<string>;
  /** Ends it in peace and waits for that. */
  close(): Promise<void>;
}

/** A vault in another process, which runs the program `serve-vault`. */
export function serveVault(
  kind: VaultKind,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Served {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map<string, (answer: Answer) => void>();
  let count = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const call = async (verb: string, name?: string, value?: string): Promise<unknown> => {
    const id = String(count++);
    const answer = await new Promise<Answer>((resolve, reject) => {
      waiting.set(id, resolve);
      void exited.then(() => reject(new Error('the served vault ended')));
      child.stdin.write(`${JSON.stringify({ id, verb, name, value })}\n`);
    });
    if (answer.failure) throw new Failure(answer.failure.code, answer.failure);
    return answer.result;
  };
  return {
    child,
    kind: async () => String(await call('kind')),
    close: async () => {
      child.stdin.end();
      await exited;
    },
    vault: {
      kind,
      description: 'a vault in another process',
      probe: async () => void (await call('probe')),
      read: async (name) => (await call('read', name)) as VaultRead,
      write: async (name, value) => void (await call('write', name, value)),
      remove: async (name) => void (await call('remove', name)),
    },
  };
}
