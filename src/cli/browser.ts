import { spawn } from 'node:child_process';

/** Opens an address: by BROWSER where it is set, else by the desktop's own way. Rejects where that fails at once. */
export async function openAddress(env: NodeJS.ProcessEnv, address: string): Promise<void> {
  const chosen = env['BROWSER'];
  if (chosen) return spawnBrowser(chosen, address);
  const { open } = await import('./browser-open.ts');
  // It resolves once the opener was started; a missing one has no process id and tells so by an event.
  const child = await open(address);
  if (child.pid !== undefined) return;
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}

/** BROWSER may hold arguments; `%s` stands for the address. No shell: the address is data. */
function spawnBrowser(command: string, address: string): Promise<void> {
  const [program = '', ...rest] = command.split(/\s+/u).filter(Boolean);
  const args = rest.some((arg) => arg.includes('%s'))
    ? rest.map((arg) => arg.replace('%s', address))
    : [...rest, address];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}
