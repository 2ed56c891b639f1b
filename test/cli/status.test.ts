import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openTerminal } from './terminal.ts';

it('names the first step where nothing is set up', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'repost-fresh-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const terminal = openTerminal({ env: { HOME: dir, REPOST_HOME: join(dir, 'home'), REPOST_VAULT: 'file' } });
  expect((await terminal.run(['status'])).out).toMatch(
    /^Nothing is watched yet\.\nDo now: repost init {2}\(/u,
  );
  expect(await terminal.json(['status'])).toMatchObject({
    ok: true,
    attention: [],
    todo: expect.stringContaining('repost init'),
  });
});
