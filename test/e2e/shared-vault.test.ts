import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/child.ts';
import { systemClock } from '../../src/core/clock.ts';
import { approve } from '../../src/sandbox/person.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { openPostgresStore } from '../../src/store/postgres/open.ts';
import { databaseVault } from '../../src/vault/database.ts';
import type { Gate } from '../gate.ts';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { addFrom, addMark, findMarks, type Marks } from './canary-marks.ts';
import { type CliHome, entry, openCliHome, startLogin } from './home.ts';
import { type Ended, runRepost } from './run.ts';

const HOUR = 3_600_000;
const PHRASE = 'c4nary phrase of a third host';

/** What the test does at a request, before its answer leaves. */
let onRequest: ((request: SimRequest, platform: string) => Promise<void>) | undefined;
const gate: Gate = async (request, platform, answer) => {
  const answered = await answer();
  await onRequest?.(request, platform);
  return answered;
};

interface Checked {
  account: string;
  ok: boolean;
  error: { code: string; message: string } | null;
}

describeWithPostgres('two hosts with one vault in their database', (server) => {
  let home: CliHome;
  let [a, b]: [NodeJS.ProcessEnv, NodeJS.ProcessEnv] = [{}, {}];
  beforeAll(async () => {
    home = await openCliHome({ gate, env: { REPOST_VAULT: 'database' } });
    const store = server.address('shared');
    a = home.env;
    b = { ...a, REPOST_HOME: join(home.dir, 'home of b'), CREDENTIALS_DIRECTORY: join(home.dir, 'key of b') };
    mkdirSync(b['CREDENTIALS_DIRECTORY'] ?? '');
    writeFileSync(keyOf(b), Buffer.alloc(32, 'c4nary of b'));
    for (const env of [a, b]) await good(env, 'config', 'set', 'store', store);
    for (const platform of ['x', 'youtube']) await home.signIn(platform);
    await good(a, 'vault', 'key', 'set', 'b', '--new-key-file', keyOf(b));
  }, 120_000);
  afterAll(() => home?.close());

  const keyOf = (env: NodeJS.ProcessEnv) => join(env['CREDENTIALS_DIRECTORY'] ?? '', 'vault-key');
  async function good(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runRepost(env, args);
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  }
  const check = (env: NodeJS.ProcessEnv, account: string) =>
    runRepost(env, ['accounts', 'check', account, '--json']);
  const resultOf = ({ stdout }: Ended) => (JSON.parse(stdout) as Checked[])[0];
  const statusOf = async (env: NodeJS.ProcessEnv, account: string) =>
    (JSON.parse(await good(env, 'accounts', '--json')) as { account: string; status: string }[]).find(
      (one) => one.account === account,
    )?.status;
  const renewals = (platform: string) =>
    home.sandbox.requests().filter((one) => one.platform === platform && one.path.endsWith('/token')).length;

  /** A process that is killed when the platform has renewed its sign-in, before the answer leaves. */
  async function dieRenewing(env: NodeJS.ProcessEnv, platform: string): Promise<void> {
    home.clock.advance(3 * HOUR);
    const args = ['accounts', 'check', `${platform}:@creator`];
    const victim = spawn(process.execPath, [entry, ...args], { env, stdio: 'ignore' });
    const gone = once(victim, 'exit');
    onRequest = async ({ path }, where) => {
      if (where !== platform || !path.endsWith('/token')) return;
      victim.kill('SIGKILL');
      await gone;
    };
    await gone;
    onRequest = undefined;
    expect(victim.signalCode).toBe('SIGKILL');
    // It holds the others up, for two minutes of the server’s time: they are over.
    const turn = `turn.lock.grant/${platform}/%`;
    expect(server.sql(`SELECT count(*) FROM shared.meta WHERE key LIKE '${turn}'`)).toBe('1');
    server.sql(
      `UPDATE shared.meta SET value = jsonb_set(value::jsonb, '{until}', '0')::text WHERE key LIKE '${turn}'`,
    );
  }

  it('renew a sign-in once, where both find it expired at the same moment', async () => {
    home.clock.advance(3 * HOUR);
    const before = renewals('x');
    let refused = 0;
    let both = () => {};
    const met = new Promise<void>((resolve) => {
      both = resolve;
    });
    onRequest = async ({ path }, platform) => {
      if (platform !== 'x' || path.endsWith('/token')) return;
      refused += 1;
      if (refused === 2) both();
      if (refused <= 2) await met;
    };
    const results = await Promise.all([check(a, 'x:@creator'), check(b, 'x:@creator')]);
    onRequest = undefined;
    expect(results.map(resultOf)).toMatchObject([{ ok: true }, { ok: true }]);
    expect(refused).toBe(4);
    expect(renewals('x') - before).toBe(1);
    expect(await statusOf(b, 'x:@creator')).toBe('ok');
  }, 60_000);

  it('and where one is killed in it: the other goes on, or says that the answer was lost', async () => {
    await dieRenewing(a, 'youtube');
    expect(resultOf(await check(b, 'youtube:@creator'))).toMatchObject({ ok: true });

    await dieRenewing(a, 'x');
    expect(resultOf(await check(b, 'x:@creator'))).toMatchObject({
      ok: false,
      error: { code: 'E_LOGIN_NEEDED', message: expect.stringContaining('in an answer that never arrived') },
    });
    expect(await statusOf(a, 'x:@creator')).toBe('login-needed');
    const { login, authorizeUrl } = await startLogin(createProgram(b), 'x');
    await approve(authorizeUrl, { account: '@creator' });
    await login.succeeded();
    expect(resultOf(await check(a, 'x:@creator'))).toMatchObject({ ok: true });
  }, 90_000);

  it('carry a sign-in away and bring it back', async () => {
    const sealed = join(home.dir, 'sealed');
    const passphrase = join(home.dir, 'phrase');
    writeFileSync(passphrase, PHRASE);
    await good(a, 'login', 'export', 'x:@creator', '--output', sealed, '--passphrase-file', passphrase);
    await good(b, 'logout', 'x:@creator', '--local');
    expect(server.sql("SELECT count(*) FROM shared.vault_entries WHERE name LIKE 'grant/x/%'")).toBe('0');
    await good(a, 'login', 'import', sealed, '--passphrase-file', passphrase);
    expect(resultOf(await check(b, 'x:@creator'))).toMatchObject({ ok: true });
  }, 60_000);

  describeWithPostgres('a dump of the whole', (other) => {
    let restored: NodeJS.ProcessEnv;

    it('holds no token, client secret, passphrase or key, however written', async () => {
      await good(a, 'vault', 'key', 'set', 'third', '--new-passphrase-file', join(home.dir, 'phrase'));
      await good(a, 'vault', 'key', 'rotate', '--shut-out');
      await good(a, 'vault', 'key', 'set', 'third', '--new-passphrase-file', join(home.dir, 'phrase'));
      const marks: Marks = new Map();
      const store = await openPostgresStore({ address: server.address('shared'), env: {} });
      if (!store.secrets) throw new Error('The store has no table of secrets.');
      const vault = databaseVault({
        env: a,
        clock: systemClock,
        shared: { table: store.secrets, host: 'test' },
      });
      for (const name of ['app/x', 'app/youtube']) addMark(marks, await secretOf(name), `secret of ${name}`);
      const rows = server.sql("SELECT name FROM shared.vault_entries WHERE name LIKE 'grant/%'").split('\n');
      for (const name of rows) addFrom(marks, await secretOf(name), name);
      async function secretOf(name: string): Promise<string> {
        const found = await vault.read(name);
        if (found.state !== 'found') throw new Error(`${name} is ${found.state}.`);
        return found.value;
      }
      await store.close();
      addMark(marks, PHRASE, 'a passphrase');
      addMark(marks, readFileSync(keyOf(b)).toString('latin1'), 'the key of b');
      addMark(marks, readFileSync(keyOf(a)).toString('hex'), 'the key of a');
      expect([...marks.values()].filter((name) => /access_?token|refresh_?token/iu.test(name))).toHaveLength(
        4,
      );

      const dump = server.dump();
      expect(dump).toContain('grant/x/');
      expect(findMarks(marks, new Map([['the dump', dump]]))).toEqual([]);
      const [[mark = ''] = []] = marks;
      const leak = `${dump}${Buffer.from(mark).toString('hex')}`;
      expect(findMarks(marks, new Map([['the dump', leak]]))).toHaveLength(1);

      other.load(dump);
      restored = { ...a, REPOST_STORE: other.address('shared'), REPOST_HOME: join(home.dir, 'restored') };
    }, 60_000);

    it('opens nothing where the key is not, and everything where it is', async () => {
      const stolen = { ...restored, CREDENTIALS_DIRECTORY: join(home.dir, 'nothing') };
      const guessed = { ...stolen, REPOST_VAULT_PASSPHRASE: 'guessed' };
      for (const env of [stolen, guessed]) {
        const shown = JSON.parse(await good(env, 'vault', '--json')) as { state: string; detail: string };
        expect(shown).toMatchObject({
          state: 'locked',
          detail: expect.stringContaining('repost vault key set'),
        });
      }
      const doctor = await runRepost(guessed, ['doctor', '--offline']);
      expect(doctor).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('FAIL  the vault can’t be used'),
      });
      expect(resultOf(await check(guessed, 'x:@creator'))).toMatchObject({ ok: false });
      expect((await runRepost(guessed, ['sync'])).stderr).toContain('repost vault key set');
      // A vault that does not open is no reason to call anybody signed out.
      expect(await statusOf(guessed, 'x:@creator')).toBe('ok');
      expect((await runRepost(guessed, ['status'])).code).toBe(0);

      expect(JSON.parse(await good(restored, 'vault', '--json'))).toMatchObject({ state: 'open' });
      for (const account of ['x:@creator', 'youtube:@creator'])
        expect(resultOf(await check(restored, account))).toMatchObject({ ok: true });
      const third = { ...stolen, REPOST_VAULT_PASSPHRASE: PHRASE };
      expect(JSON.parse(await good(third, 'vault', '--json'))).toMatchObject({ state: 'open' });
    }, 90_000);
  });
});
