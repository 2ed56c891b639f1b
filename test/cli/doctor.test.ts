import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clockChecks } from '../../src/cli/doctor/network.ts';
import { MINUTE, SECOND, systemClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { readGrant, readSecret } from '../../src/vault/grants.ts';
import { openVault } from '../../src/vault/open.ts';
import { type CliHome, openCliHome } from '../e2e/home.ts';
import { runRepost } from '../e2e/run.ts';

const entry = new URL('../../bin/repost', import.meta.url).pathname;

/** Every secret that the home's vault holds for its accounts and apps. */
async function tokensOf({ dir, env }: CliHome): Promise<string[]> {
  const path = join(dir, 'home', 'data', 'vault.json');
  const vault = await openVault({ env, path, clock: systemClock, kind: 'file' });
  const store = await openStore({ path: join(dir, 'home', 'data', 'repost.db'), clock: systemClock });
  const found: (string | undefined)[] = [];
  for (const account of await store.accounts.list()) {
    const grant = await readGrant(vault, account);
    found.push(grant?.accessToken, grant?.refreshToken);
  }
  for (const { platform, host } of await store.apps.list())
    found.push(await readSecret(vault, platform, host));
  await store.close();
  return found.filter((one) => one !== undefined);
}

interface Report {
  ok: boolean;
  bundle: string | null;
  checks: { result: 'PASS' | 'WARN' | 'FAIL'; title: string; hint: string | null }[];
}

describe('repost doctor', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await openCliHome();
    await home.signIn('x');
  });
  afterAll(() => home?.close());

  // The sandbox lives in this process: what asks it must not block it.
  const ask = async (more: readonly string[] = []) =>
    JSON.parse(await home.repost.run(['doctor', '--json', ...more])) as Report;
  const askOffline = () => {
    const { status, stdout } = spawnSync(process.execPath, [entry, 'doctor', '--offline', '--json'], {
      env: home.env,
      encoding: 'utf8',
    });
    return { status, report: JSON.parse(stdout) as Report };
  };
  const titles = (report: Report, result: string) =>
    report.checks
      .filter((check) => check.result === result)
      .map(({ title }) => title)
      .join('\n');

  it('finds a sound home and an account that answers', async () => {
    const report = await ask();
    expect(report.ok).toBe(true);
    expect(titles(report, 'PASS')).toMatch(
      /database .* is sound[\s\S]*vault keeps secrets[\s\S]*x:@creator is signed in and answers/,
    );
    expect(titles(report, 'WARN')).toMatch(/no daemon is running/);
    expect(titles(report, 'PASS')).toMatch(
      /SQLite 3\.[\s\S]*1 of 1 platforms can be reached[\s\S]*clock agrees[\s\S]*app X: X knows the client id[\s\S]*limits have room/,
    );
    expect(titles(report, 'WARN')).toMatch(/nothing is watched/);
  });

  it('says that nobody can be reached, and still checks the rest', async () => {
    const away = { ...home.env, REPOST_ORIGINS: join(home.dir, 'nowhere.json') };
    const nowhere = Object.fromEntries(
      Object.keys(home.server.origins).map((origin) => [origin, 'http://127.0.0.1:9']),
    );
    writeFileSync(away.REPOST_ORIGINS, JSON.stringify(nowhere));
    const { code, stdout } = await runRepost(away, ['doctor', '--json']);
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(1);
    expect(titles(report, 'FAIL')).toMatch(/X can’t be reached[\s\S]*x:@creator does not answer/);
    expect(report.checks.find(({ title }) => title.startsWith('X can’t'))?.hint).toContain(
      'No platform answers',
    );
    expect(titles(report, 'PASS')).toMatch(/limits have room/);
  });

  it('looks at each source, and names one that can’t be looked at', async () => {
    await home.repost.run(['source', 'add', home.originals]);
    const sound = await ask();
    expect(titles(sound, 'PASS')).toMatch(/the source .*originals answers, never looked at/);
    renameSync(home.originals, `${home.originals}-away`);
    const { code, stdout } = await runRepost(home.env, ['doctor', '--json']);
    renameSync(`${home.originals}-away`, home.originals);
    expect(code).toBe(1);
    expect(titles(JSON.parse(stdout) as Report, 'FAIL')).toMatch(/the source .*originals can’t be looked at/);
  });

  it('warns of a limit that has nothing left', async () => {
    const [limit] = JSON.parse(await home.repost.run(['limits', '--json'])) as { bucket: string }[];
    const bucket = limit?.bucket ?? '';
    const left = async () => (await ask()).checks.filter(({ title }) => title.includes('nothing is left of'));
    await home.repost.run(['limits', 'set', 'x:@creator', bucket, '0']);
    expect(await left()).toMatchObject([
      {
        result: 'WARN',
        title: expect.stringMatching(/^x.*: nothing is left of ./u),
        hint: expect.any(String),
      },
    ]);
    expect((await left())[0]?.hint).toContain('repost limits');
    await home.repost.run(['limits', 'set', 'x:@creator', bucket, 'default']);
    expect(await left()).toEqual([]);
  });

  it('writes a file for a bug report without one secret in it', async () => {
    const log = join(home.dir, 'repost.log');
    await home.repost.run(['config', 'set', 'log.file', log]);
    const vault = await tokensOf(home);
    expect(vault.length).toBeGreaterThan(2);
    writeFileSync(log, vault.map((secret) => `said ${secret} aloud\n`).join(''));
    const file = join(home.dir, 'report.json');
    expect((await ask(['--bundle', file])).bundle).toBe(file);
    const text = readFileSync(file, 'utf8');
    for (const secret of vault) expect(text.includes(secret)).toBe(false);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const bundle = JSON.parse(text) as Record<string, unknown>;
    expect(bundle).toMatchObject({ missing: [], home: { accounts: [{ account: 'x:@creator' }] } });
    expect(String(bundle['log'])).toContain('said *** aloud');
    expect(String(bundle['metrics'])).toContain('repost_jobs');
    await home.repost.run(['config', 'set', 'log.file', '']);
    const again = await runRepost(home.env, ['doctor', '--json', '--bundle', file]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('E_OUTPUT')]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('names the account whose sign-in was taken back, and exits 1', async () => {
    await home.sandbox.control('x', 'endTokens', { refresh: true }).catch(() => undefined);
    home.sandbox.faults.add({
      platform: 'x',
      times: 1_000_000,
      action: { kind: 'status', status: 401, body: { title: 'Unauthorized', status: 401 } },
    });
    await expect(ask()).rejects.toThrow(/ended with 1/);
    home.sandbox.faults.clear();
  });

  it('says that the database is damaged, with the way out', () => {
    writeFileSync(
      join(home.dir, 'home', 'data', 'repost.db'),
      'this is no database, and longer than a header of one would be'.repeat(20),
    );
    const { status, report } = askOffline();
    expect(status).toBe(1);
    expect(titles(report, 'FAIL')).toMatch(/can’t be used \(E_DB_/);
    expect(report.checks.find(({ result }) => result === 'FAIL')?.hint).toBeTruthy();
  });
});

describe('the clock', () => {
  const result = (...aheadMs: (number | undefined)[]) =>
    clockChecks(aheadMs.map((ms) => (ms === undefined ? {} : { aheadMs: ms }))).map(
      (check) => `${check.result} ${check.title}`,
    );

  it('is compared with what most platforms say', () => {
    expect(result(undefined)).toEqual([]);
    expect(result(400, -900)).toEqual(['PASS this machine’s clock agrees with the platforms’']);
    expect(result(300, 10 * MINUTE, 200)[0]).toMatch(/^PASS/);
    expect(result(-30 * SECOND)[0]).toMatch(/^WARN .*behind$/);
    expect(result(10 * MINUTE, 10 * MINUTE + 300, 20)[0]).toMatch(/^FAIL .*10 ?m.* ahead$/);
  });
});
