import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approve } from '../../src/sandbox/person.ts';
import { type Bench, openBench } from './bench.ts';

interface AccountLine {
  schemaVersion: number;
  id: number;
  account: string;
  platform: string;
  handle: string;
  name: string;
  remoteId: string;
  user: string;
  status: string;
  scopes: string[];
  expiresAt: string | null;
  breaksAt: string | null;
}

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  for (const platform of ['tiktok', 'youtube', 'x', 'instagram', 'facebook']) await bench.addApp(platform);
});
afterAll(() => bench?.close());

const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a sign-in for scripts', () => {
  it('writes the addresses, then the account, each as a line of JSON', async () => {
    const { code, out, err } = await bench.login(['youtube', '--account', '@creator']);
    expect(code).toBe(0);
    const [first, account, ...rest] = lines(out);
    expect(rest).toEqual([]);
    expect(Object.keys(first ?? {}).sort()).toEqual(['authorizeUrl', 'redirectUri', 'schemaVersion']);
    expect(String(first?.['authorizeUrl'])).toContain(`${bench.server.url}/accounts.google.com/`);
    expect(String(first?.['redirectUri'])).toMatch(/^http:\/\/127\.0\.0\.1:\d+/u);
    expect(account).toMatchObject({
      schemaVersion: 1,
      account: 'youtube:@creator',
      platform: 'youtube',
      handle: '@creator',
      user: 'me',
      status: 'ok',
      scopes: expect.arrayContaining([expect.stringContaining('youtube.upload')]),
    });
    expect(typeof (account as unknown as AccountLine).remoteId).toBe('string');
    expect((account as unknown as AccountLine).expiresAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u);
    expect(lines(err)).toHaveLength(1);
  });

  it('takes the address by hand with --paste, though the browser never comes back', async () => {
    // The address holds a state that is made in the run: a first one is only looked at.
    const waiting = new Promise<string>((resolve) => {
      void (async () => {
        const session = bench.terminal.start(['login', 'youtube', '--paste', '--json', '--timeout', '1s']);
        resolve(String(JSON.parse((await session.line()) ?? '').authorizeUrl));
        await session.ended;
      })();
    });
    const { redirectedTo } = await approve(await waiting, { account: '@creator', follow: false });
    // Another run has another state: what belongs to the first is refused, and said.
    const failed = await bench.terminal.run(['login', 'youtube', '--paste', '--json'], `${redirectedTo}\n`);
    expect(failed.code).toBe(4);
    expect(lines(failed.err).at(-1)).toMatchObject({ error: { code: 'E_STATE_MISMATCH' } });
    expect(failed.err).not.toContain(new URL(redirectedTo).searchParams.get('code'));
  });

  it('of several accounts wants one named, and lists them', async () => {
    const { code, err } = await bench.login(['instagram'], { account: 'all' });
    expect(code).toBe(2);
    const { error } = lines(err).at(-1) as { error: { code: string; message: string; command: string } };
    expect(error.code).toBe('E_MISSING_ANSWER');
    expect(error.message).toMatch(/@creator \(\d+\).*@second \(\d+\)/u);
    expect(error.command).toMatch(/^repost login instagram --account /u);
    const second = await bench.login(['instagram', '--account', '@second'], { account: 'all' });
    expect(second.code).toBe(0);
    expect(lines(second.out).at(-1)).toMatchObject({ account: 'instagram:@second' });
  });

  it('of one account that is not the named one: E_OTHER_ACCOUNT', async () => {
    const { code, err } = await bench.login(['youtube', '--account', '@creator'], { account: '@second' });
    expect(code).toBe(4);
    expect(lines(err).at(-1)).toMatchObject({ error: { code: 'E_OTHER_ACCOUNT' } });
  });

  it('puts the account under the named user', async () => {
    const nobody = await bench.login(['x', '--as', 'ann']);
    expect(lines(nobody.err).at(-1)).toMatchObject({ error: { code: 'E_NOT_FOUND' } });
    await bench.terminal.json(['users', 'add', 'ann', '--limit', 'accounts=1']);
    const { code, out } = await bench.login(['x', '--as', 'ann']);
    expect(code).toBe(0);
    expect(lines(out).at(-1)).toMatchObject({ account: 'x:@creator', user: 'ann' });
  });

  it('again renews: same id, still one account', async () => {
    const before = await bench.terminal.json<AccountLine[]>(['accounts']);
    const again = await bench.login(['youtube', '--account', '@creator']);
    expect(lines(again.out).at(-1)).toMatchObject({
      id: before.find((one) => one.account === 'youtube:@creator')?.id,
    });
    expect(await bench.terminal.json<AccountLine[]>(['accounts'])).toHaveLength(before.length);
  });
});

describe('a pasted token', () => {
  it('is refused where the platform hands none out', async () => {
    expect(await bench.terminal.failure(['login', 'youtube', '--token-stdin'], 'a-token\n')).toMatchObject({
      exit: 2,
      code: 'E_USAGE',
      command: 'repost login youtube',
    });
  });

  it('that is empty is a usage error', async () => {
    expect(await bench.terminal.failure(['login', 'facebook', '--token-stdin'], '\n')).toMatchObject({
      exit: 2,
      code: 'E_USAGE',
    });
  });

  it('that the platform does not know fails, and is not repeated in the error', async () => {
    const token = 'EAAmade-up-token-0123456789';
    const { code, err } = await bench.terminal.run(
      ['login', 'facebook', '--token-stdin', '--json'],
      `${token}\n`,
    );
    expect(code).toBe(4);
    expect(lines(err).at(-1)).toMatchObject({ error: { class: 'auth' } });
    expect(err).not.toContain(token);
  });
});

describe('an account whose sign-in has ended', () => {
  it('is renewed by itself only; another one is refused unless it is named', async () => {
    await bench.login(['youtube', '--account', '@creator']);
    const [account] = bench.sandbox.world.accounts('youtube');
    await bench.sandbox.control('youtube', 'removeAccess', { account: account?.id });
    expect((await bench.terminal.run(['accounts', 'check', 'youtube:@creator'])).code).toBe(4);
    const listed = await bench.terminal.json<AccountLine[]>(['accounts']);
    expect(listed.find((one) => one.account === 'youtube:@creator')?.status).toBe('login-needed');

    const other = await bench.login(['youtube'], { account: '@second' });
    expect(other.code).toBe(4);
    expect(lines(other.err).at(-1)).toMatchObject({
      error: { code: 'E_OTHER_ACCOUNT', command: 'repost login youtube --account @second' },
    });
    const named = await bench.login(['youtube', '--account', '@second'], { account: '@second' });
    expect(named.code).toBe(0);
    const renewed = await bench.login(['youtube', '--account', '@creator']);
    expect(lines(renewed.out).at(-1)).toMatchObject({ account: 'youtube:@creator', status: 'ok' });
  });
});

describe('logout', () => {
  it('revokes at the platform, then forgets', async () => {
    const asked = bench.sandbox.requests().length;
    const gone = await bench.terminal.json<AccountLine>(['logout', 'youtube:@second']);
    expect(gone.account).toBe('youtube:@second');
    const revoked = bench.sandbox
      .requests()
      .slice(asked)
      .filter((request) => request.path.includes('revoke'));
    expect(revoked.map((request) => request.status)).toEqual([200]);
    const listed = await bench.terminal.json<AccountLine[]>(['accounts']);
    expect(listed.map((one) => one.account)).not.toContain('youtube:@second');
  });

  it('that the platform can’t be told changes nothing, unless forced', async () => {
    const mend = bench.sandbox.faults.add({ platform: 'x', action: 'refuse' });
    const failed = await bench.terminal.failure(['logout', 'x:@creator']);
    mend();
    expect(failed).toMatchObject({
      exit: 5,
      class: 'transient',
      command: 'repost logout x:@creator --force',
    });
    expect(await bench.terminal.json<AccountLine[]>(['accounts'])).toContainEqual(
      expect.objectContaining({ account: 'x:@creator' }),
    );
    expect((await bench.terminal.run(['logout', 'x:@creator', '--force'])).code).toBe(0);
  });
});
