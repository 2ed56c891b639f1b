import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY, HOUR, systemClock } from '../../src/core/clock.ts';
import { END_CAUSE } from '../../src/core/sign-in-end.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { addAccount, addSource, exampleRule } from '../store/examples.ts';
import { openTerminal } from './terminal.ts';

const dir = mkdtempSync(join(tmpdir(), 'repost-forecast-'));
const terminal = openTerminal({ env: { REPOST_HOME: dir, REPOST_NO_INPUT: '1' } });

beforeAll(async () => {
  // A first command makes the home.
  await terminal.run(['accounts']);
  const store = await openStore({ path: join(dir, 'data', 'repost.db'), clock: systemClock });
  const now = Date.now();
  const youtube = await addAccount(store, '@creator');
  const settings = { [END_CAUSE]: 'google-testing' };
  await store.accounts.update(youtube.id, { breaksAt: now + 2 * DAY + HOUR, settings }, now);
  const x = await addAccount(store, '@creator', 'x');
  await store.accounts.update(x.id, { breaksAt: now + 180 * DAY }, now);
  const mastodon = await addAccount(store, '@gone', 'mastodon');
  await store.accounts.update(mastodon.id, { status: 'login-needed' }, now);
  const source = await addSource(store);
  await store.rules.add(exampleRule(source.id, [youtube.id, x.id], 'everywhere'), now);
  await store.rules.add({ ...exampleRule(source.id, [youtube.id], 'resting'), paused: true }, now);
  await store.close();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Shown {
  account: string;
  signIn: {
    state: string;
    daysLeft: number | null;
    warning: number | null;
    cause: string | null;
    stops: string[];
  };
}

it('says how many days are left, why, and which rules stop then', async () => {
  const accounts = await terminal.json<Shown[]>(['accounts']);
  const signIns = Object.fromEntries(accounts.map(({ account, signIn }) => [account, signIn]));
  expect(signIns['youtube:@creator']).toMatchObject({
    state: 'ends',
    daysLeft: 3,
    warning: 3,
    cause: 'google-testing',
    stops: ['everywhere'],
  });
  expect(signIns['x:@creator']).toMatchObject({ state: 'ends', daysLeft: 180, warning: null, cause: null });
  expect(signIns['mastodon:@gone']).toMatchObject({ state: 'ended', daysLeft: 0, stops: [] });
});

it('tells people the same, with the command that mends it', async () => {
  const { out, err } = await terminal.run(['accounts']);
  expect(out).toContain('Google project in Testing');
  expect(err).toMatch(
    /youtube:@creator ends on .* UTC unless it is renewed\. Then these rules stop there: everywhere\..*status Testing/u,
  );
  expect(err).toContain('repost login mastodon --account @gone');
  expect(err).not.toContain('x:@creator');
  const shown = await terminal.run(['accounts', 'show', 'youtube:@creator']);
  expect(shown.out).toMatch(/soon +youtube:@creator ends on/);
});
