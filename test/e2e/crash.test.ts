import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runRepost } from './run.ts';

it('an error that nobody caught is said without the secret in it, and ends the program with 70', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'repost-crash-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const preload = join(dir, 'crash.mjs');
  // As soon as the program listens for its own crash, so that a slow machine changes nothing.
  writeFileSync(
    preload,
    `process.on('newListener', (name) => {
       if (name === 'uncaughtException')
         setImmediate(() => { throw new Error('broken: Authorization: Bearer c4naryMarkedSecret1234'); });
     });`,
  );
  const env = { ...process.env, REPOST_HOME: join(dir, 'home'), NODE_OPTIONS: `--import=${preload}` };
  const { code, stdout, stderr } = await runRepost(env, ['status']);
  expect(stderr).toContain('stopped by an error inside repost: broken:');
  expect(`${stdout}${stderr}`).not.toContain('c4nary');
  expect(code).toBe(70);
}, 20_000);
