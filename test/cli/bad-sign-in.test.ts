import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codes } from '../../src/core/codes.ts';
import { runRepost } from '../e2e/run.ts';
import { describeWith } from '../tools.ts';
import { type Bench, openBench } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await bench.addApp('youtube');
  await bench.addApp('x');
});
afterAll(() => bench?.close());

/** The one object that stderr ends with. */
function errorOf(err: string): Record<string, unknown> {
  const lines = err.trim().split('\n');
  return (JSON.parse(lines.at(-1) ?? '') as { error: Record<string, unknown> }).error;
}

/** A free port, held by somebody else. */
async function heldPort() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, release: () => server.close() };
}

describe('a sign-in that goes wrong', () => {
  it('without a developer app: E_NO_APP, and the command that adds one', async () => {
    expect(await bench.terminal.failure(['login', 'instagram', '--no-browser'])).toMatchObject({
      exit: 1,
      code: 'E_NO_APP',
      command: 'repost app add instagram --client-id ID --client-secret-stdin',
    });
  });

  it('with a wrong client id, the platform sends nobody back: E_CLIENT_INVALID all the same', async () => {
    await bench.terminal.json(
      ['app', 'add', 'tiktok', '--client-id', 'mistyped', '--client-secret-stdin'],
      'whatever\n',
    );
    const { code, err, page } = await bench.login(['tiktok', '--timeout', '1s']);
    expect(page).toBeInstanceOf(Error);
    expect(code).toBe(1);
    expect(errorOf(err)).toMatchObject({ code: 'E_CLIENT_INVALID', class: 'config', side: 'you' });
    const check = await bench.terminal.run(['app', 'check', 'tiktok', '--json']);
    expect(check.code).toBe(1);
    expect(JSON.parse(check.out).checks[0]).toMatchObject({ result: 'FAIL' });
  });

  it('with a wrong client secret: E_CLIENT_INVALID', async () => {
    const keys = ['--client-id', 'sandbox-tiktok-id', '--client-secret-stdin'];
    await bench.terminal.json(['app', 'add', 'tiktok', ...keys], 'a-wrong-secret\n');
    const { code, err } = await bench.login(['tiktok']);
    expect({ code, error: errorOf(err)['code'] }).toEqual({ code: 1, error: 'E_CLIENT_INVALID' });
    expect(err).not.toContain('a-wrong-secret');
  });

  it('with a redirect address that is not registered: the time-out names the address to register', async () => {
    const { port, release } = await heldPort();
    release();
    const redirect = `http://127.0.0.1:${port}/callback`;
    const { code, err, page } = await bench.login(['x', '--redirect-uri', redirect, '--timeout', '1s']);
    expect(page).toBeInstanceOf(Error);
    expect(code).toBe(4);
    expect(errorOf(err)).toMatchObject({ code: 'E_LOGIN_TIMEOUT', class: 'auth' });
    expect(String(errorOf(err)['hint'])).toContain(`register exactly this redirect address`);
    expect(String(errorOf(err)['hint'])).toContain(redirect);
  });

  it('with a redirect address elsewhere and nobody who pastes: E_REDIRECT before anybody signs in', async () => {
    const args = ['login', 'x', '--no-browser', '--redirect-uri', 'http://192.0.2.7/callback'];
    expect(await bench.terminal.failure(args)).toMatchObject({
      exit: 1,
      code: 'E_REDIRECT',
      command: 'repost login x --paste',
    });
  });

  it('denied: E_DENIED, exit 4', async () => {
    const { code, err, page } = await bench.login(['youtube'], { account: '@creator', deny: true });
    expect({ code, error: errorOf(err) }).toMatchObject({
      code: 4,
      error: { code: 'E_DENIED', class: 'auth' },
    });
    expect(page).toMatchObject({ status: 200 });
  });

  it('with a scope unticked: E_SCOPES names it, and nothing is kept', async () => {
    const without = ['https://www.googleapis.com/auth/youtube.upload'];
    const { code, err } = await bench.login(['youtube'], { account: '@creator', without });
    expect(code).toBe(4);
    expect(errorOf(err)).toMatchObject({ code: 'E_SCOPES', class: 'auth', command: 'repost login youtube' });
    expect(String(errorOf(err)['message'])).toContain('youtube.upload');
    expect(await bench.terminal.json(['accounts'])).toEqual([]);
  });

  it('with the port taken: E_PORT_TAKEN names the port', async () => {
    const { port, release } = await heldPort();
    const redirect = `http://127.0.0.1:${port}/callback`;
    const failed = await bench.terminal.failure(['login', 'x', '--no-browser', '--redirect-uri', redirect]);
    release();
    expect(failed).toMatchObject({ exit: 1, code: 'E_PORT_TAKEN', class: 'config' });
    expect(failed.message).toContain(String(port));
  });

  it('answered three times by strangers: E_STATE_MISMATCH', async () => {
    const session = bench.terminal.start(['login', 'youtube', '--no-browser', '--json']);
    const { redirectUri } = JSON.parse((await session.line()) ?? '') as { redirectUri: string };
    for (let n = 0; n < 3; n += 1) {
      const answer = await fetch(`${redirectUri}?code=stolen&state=guessed-${n}`);
      expect(answer.status).toBe(400);
    }
    const { code, err } = await session.ended;
    expect({ code, error: errorOf(err)['code'] }).toEqual({ code: 4, error: 'E_STATE_MISMATCH' });
  });

  it('never finished: E_LOGIN_TIMEOUT', async () => {
    const args = ['login', 'youtube', '--no-browser', '--timeout', '200ms', '--json'];
    const { code, err } = await bench.terminal.run(args);
    expect({ code, error: errorOf(err)['code'] }).toEqual({ code: 4, error: 'E_LOGIN_TIMEOUT' });
  });

  it('says all of it in words, too', async () => {
    const { code, out, err } = await bench.terminal.run(['login', 'instagram']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('error: There is no Instagram developer app yet. (E_NO_APP, config, on your side)');
    expect(err).toContain(codes.E_NO_APP.todo);
    expect(err).toContain('  $ repost app add instagram');
  });
});

const keyring = {
  'gnome-keyring-daemon': 'gnome-keyring',
  'dbus-run-session': 'dbus',
  gdbus: 'libglib2.0-bin',
};

describeWith(keyring, 'a locked keychain', () => {
  const withKeyring = join(import.meta.dirname, '../vault/with-keyring.sh');

  it('is E_VAULT_LOCKED: try later, the sign-ins are still there', async () => {
    const root = mkdtempSync(join(tmpdir(), 'repost-locked-'));
    const { REPOST_VAULT: _, CREDENTIALS_DIRECTORY: __, ...rest } = bench.terminal.env;
    const env = { ...rest, KEYRING_HOME: root, REPOST_HOME: join(root, 'repost') };
    const command = (password: string) => [
      'env',
      `KEYRING_PASSWORD=${password}`,
      withKeyring,
      'node',
      'bin/repost',
    ];
    const add = ['app', 'add', 'youtube', '--client-id', 'sandbox-youtube-id', '--client-secret-stdin'];
    const open = await runRepost(env, add, { stdin: 'sandbox-youtube-secret\n', command: command('test') });
    expect(open).toMatchObject({ code: 0 });
    const locked = await runRepost(env, ['login', 'youtube', '--no-browser', '--json'], {
      command: command('other'),
    });
    expect(locked.code).toBe(5);
    // The session's own daemon talks before it.
    expect(errorOf(locked.stderr)).toMatchObject({ code: 'E_VAULT_LOCKED', side: 'you' });
    expect(locked.stdout).toBe('');
    rmSync(root, { recursive: true, force: true });
  });

  it('is not what a machine without any keychain says: E_VAULT_NONE and the two lines that help', async () => {
    const root = mkdtempSync(join(tmpdir(), 'repost-none-'));
    const { REPOST_VAULT: _, CREDENTIALS_DIRECTORY: __, ...rest } = bench.terminal.env;
    const env = { ...rest, REPOST_HOME: root, XDG_RUNTIME_DIR: '/nonexistent', DBUS_SESSION_BUS_ADDRESS: '' };
    const { code, stderr } = await runRepost(env, ['login', 'youtube', '--no-browser', '--json']);
    expect(code).toBe(1);
    const { error } = JSON.parse(stderr) as { error: { code: string; hint: string } };
    expect(error.code).toBe('E_VAULT_NONE');
    expect(error.hint).toContain('export REPOST_VAULT=file');
    rmSync(root, { recursive: true, force: true });
  });
});
