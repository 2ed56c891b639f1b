import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../src/cli/app.ts';
import { perform } from '../../src/cli/perform.ts';
import { addSource } from '../store/examples.ts';

/** An app on a home of its own with so many sources. */
async function appWith(sources: number) {
  const dir = mkdtempSync(join(tmpdir(), 'repost-status-'));
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const env = { REPOST_HOME: dir, REPOST_HTTP: 'off' };
  const app = openApp({ stdin, stdout, stderr, env }, { noInput: true, warn: () => undefined });
  onTestFinished(async () => {
    await app.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const store = await app.store();
  for (let n = 0; n < sources; n += 1) await addSource(store, `tiktok:@client${n}`);
  return { app, store, ask: () => perform(app, { name: 'status' }, null) };
}

it('is found out once for all who ask at the same time, where there are very many sources', async () => {
  const { app, ask } = await appWith(201);
  await ask();
  const [one, , two] = await Promise.all([
    ask(),
    perform(app, { name: 'posts', options: { limit: '5' } }, null),
    ask(),
  ]);
  expect(one).toBe(two);
});

it('is found out anew for whoever changed something', async () => {
  const { app, store, ask } = await appWith(201);
  await ask();
  await store.sources.update(1, { paused: true });
  await perform(app, { name: 'warnings silence', args: [['x-links']] }, null);
  const fresh = (await ask()) as { sources: { paused: boolean }[] };
  expect(fresh.sources[0]?.paused).toBe(true);
});

it('is found out for each where there are few', async () => {
  const { ask } = await appWith(200);
  await ask();
  const [one, two] = await Promise.all([ask(), ask()]);
  expect(one).not.toBe(two);
});
