import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliHome, openCliHome } from '../e2e/home.ts';

const entry = new URL('../../bin/repost', import.meta.url).pathname;

interface Report {
  ok: boolean;
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
  const ask = async () => JSON.parse(await home.repost.run(['doctor', '--json'])) as Report;
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
