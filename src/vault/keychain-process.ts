import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Keytar } from './keychain-calls.ts';

/*
 * keytar in a process of its own. A keyring daemon that hangs keeps a call for 25 s, in a thread that Node waits
 * for before it exits; and keytar's C++ has taken its process down before. A child can be killed, and
 * restarted. Secrets travel through its pipes, never through its arguments. It ignores the signals that the
 * terminal or systemd sends to all at once, because the parent may want to save something while it ends.
 */
const PROGRAM = `
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
const answer = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
let keytar;
try {
  keytar = require(process.argv[1]);
} catch {
  process.exit(1);
}
answer({ id: 0 });
require('node:readline')
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, call, parts } = JSON.parse(line);
    keytar[call](...parts).then(
      (value) => answer({ id, value }),
      (error) => answer({ id, error: error.message }),
    );
  })
  .on('close', () => process.exit(0));
`;

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** Rejects where the package or its add-on is not usable here. */
export async function startKeytar(): Promise<Keytar> {
  const addOn = createRequire(import.meta.url).resolve('keytar');
  const child = spawn(process.execPath, ['-e', PROGRAM, '--', addOn], {
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  const waiting = new Map<number, Waiting>();
  let ended = false;
  let count = 0;

  const expectAnswer = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      setAwake(child, true);
    });
  const take = (id: number): Waiting | undefined => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) setAwake(child, false);
    return one;
  };
  const end = (): void => {
    ended = true;
    child.kill('SIGKILL');
    for (const id of [...waiting.keys()]) take(id)?.reject(new Error('the keychain’s process ended'));
  };
  child.once('error', end);
  child.once('exit', end);
  child.stdin.on('error', end);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, value, error } = JSON.parse(line) as { id: number; value?: unknown; error?: string };
    if (error === undefined) take(id)?.resolve(value);
    else take(id)?.reject(new Error(error));
  });
  const ask = (call: string, ...parts: string[]): Promise<unknown> => {
    const id = ++count;
    const answer = expectAnswer(id);
    child.stdin.write(`${JSON.stringify({ id, call, parts })}\n`);
    return answer;
  };

  await expectAnswer(0);
  return {
    getPassword: async (...parts) => textOrNull(await ask('getPassword', ...parts)),
    setPassword: async (...parts) => void (await ask('setPassword', ...parts)),
    deletePassword: async (...parts) => (await ask('deletePassword', ...parts)) === true,
    hasEnded: () => ended,
    end,
  };
}

/** The child keeps our process alive only while an answer is awaited. */
function setAwake(child: ReturnType<typeof spawn>, awake: boolean): void {
  const change = awake ? 'ref' : 'unref';
  child[change]();
  // Pipes to a child are sockets, which the types don't say.
  for (const pipe of [child.stdin, child.stdout] as unknown as Record<'ref' | 'unref', () => void>[])
    pipe[change]();
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
