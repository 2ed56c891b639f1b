import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { vaultContract } from './contract.ts';
import { buildProgram } from './programs/build.ts';
import type { Served } from './programs/served.ts';
import { serveVault } from './programs/served.ts';

const packages = {
  'gnome-keyring-daemon': 'gnome-keyring',
  'dbus-run-session': 'dbus',
  gdbus: 'libglib2.0-bin',
};
const program = buildProgram('serve-vault');
afterAll(() => rmSync(program, { force: true }));
const withKeyring = join(import.meta.dirname, 'with-keyring.sh');

/** An environment without any session of the desktop that runs the tests. */
function bare(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, DBUS_SESSION_BUS_ADDRESS: ___, ...env } = process.env;
  return { ...env, XDG_RUNTIME_DIR: '/nonexistent', ...more };
}

describeWith(packages, 'keychain: a real GNOME keyring', () => {
  const home = () => mkdtempSync(join(tmpdir(), 'repost-keyring-'));
  const serve = (root: string, more: Record<string, string> = {}, kind = 'keychain'): Served =>
    serveVault(
      'keychain',
      withKeyring,
      [process.execPath, program, kind],
      bare({ KEYRING_HOME: root, ...more }),
    );

  vaultContract('keychain', async () => serve(home()), { runs: 10 });

  it('keeps secrets over a restart of the session', async () => {
    const root = home();
    const first = serve(root);
    await first.vault.write('grant/x/1', 'survives');
    await first.vault.write('grant/x/long', 'l'.repeat(9_000));
    await first.close();
    const second = serve(root);
    expect(await second.vault.read('grant/x/1')).toEqual({ state: 'found', value: 'survives' });
    expect(await second.vault.read('grant/x/long')).toEqual({ state: 'found', value: 'l'.repeat(9_000) });
    await second.close();
  });

  it('tells locked from absent, and never takes one for the other', async () => {
    const root = home();
    const open = serve(root);
    await open.vault.write('grant/x/1', 'kept');
    await open.close();

    const locked = serve(root, { KEYRING_PASSWORD: 'another' });
    expect(await locked.vault.read('grant/x/1')).toMatchObject({ state: 'locked' });
    expect(await locked.vault.read('grant/x/never')).toMatchObject({ state: 'locked' });
    const waits = { code: 'E_VAULT_LOCKED', kind: 'later' };
    await expect(locked.vault.write('grant/x/1', 'v')).rejects.toMatchObject(waits);
    await expect(locked.vault.remove('grant/x/1')).rejects.toMatchObject({ code: 'E_VAULT_LOCKED' });
    await expect(locked.vault.probe()).rejects.toMatchObject({ code: 'E_VAULT_LOCKED' });
    await locked.close();

    const again = serve(root);
    expect(await again.vault.read('grant/x/1')).toEqual({ state: 'found', value: 'kept' });
    await again.close();
  });

  it('is chosen unasked, locked or not', async () => {
    const root = home();
    const open = serve(root, {}, 'any');
    expect(await open.kind()).toBe('keychain');
    await open.vault.write('a', 'v');
    await open.close();
    const locked = serve(root, { KEYRING_PASSWORD: 'another' }, 'any');
    expect(await locked.kind()).toBe('keychain');
    await locked.close();
  });

  /** Runs the body while the keyring's daemon stands still, as one does that waits for a broken prompter. */
  async function whileHanging(body: (served: Served) => Promise<void>): Promise<Served> {
    const root = home();
    const pidfile = join(root, 'pid');
    const served = serve(root, { KEYRING_PIDFILE: pidfile });
    await served.vault.write('grant/x/1', 'kept');
    const pid = Number(readFileSync(pidfile, 'utf8'));
    // 0 would stop the tests themselves.
    expect(pid).toBeGreaterThan(1);
    process.kill(pid, 'SIGSTOP');
    try {
      await body(served);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    return served;
  }

  async function lengthOf(work: () => Promise<unknown>): Promise<number> {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
  }

  it('gives up after 5 s on a daemon that hangs, does not ask it again at once, and later does', async () => {
    const served = await whileHanging(async ({ vault }) => {
      const first = await lengthOf(async () =>
        expect(await vault.read('grant/x/1')).toMatchObject({ state: 'unreachable' }),
      );
      expect(first).toBeGreaterThan(4_900);
      expect(first).toBeLessThan(12_000);
      const next = await lengthOf(() =>
        expect(vault.write('grant/x/1', 'v')).rejects.toMatchObject({ code: 'E_VAULT_UNREACHABLE' }),
      );
      expect(next).toBeLessThan(2_000);
    });
    await expect
      .poll(() => served.vault.read('grant/x/1'), { timeout: 40_000 })
      .toEqual({ state: 'found', value: 'kept' });
    await served.close();
  });

  it('lets the program end at once after it gave up', async () => {
    await whileHanging(async (served) => {
      await served.vault.read('grant/x/1');
      expect(await lengthOf(() => served.close())).toBeLessThan(5_000);
    });
  });
});

describeWith({ 'dbus-run-session': 'dbus' }, 'keychain: machines without a keyring', () => {
  const node = [process.execPath, program];

  async function refusalOf(served: Served): Promise<void> {
    expect(await served.vault.read('grant/x/1')).toMatchObject({ state: 'unreachable' });
    const asked = served.vault.write('grant/x/1', 'canary-secret');
    await expect(asked).rejects.toMatchObject({
      code: 'E_VAULT_UNREACHABLE',
      kind: 'later',
      hint: expect.stringContaining('REPOST_VAULT=file'),
    });
    await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining('canary-secret') });
    await served.close();
  }

  it('is unreachable without D-Bus', async () => {
    await refusalOf(serveVault('keychain', process.execPath, [program, 'keychain'], bare()));
  });

  it('is unreachable on a bus without a keyring service', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'repost-bus-'));
    const config = join(folder, 'bus.conf');
    writeFileSync(
      config,
      `<busconfig><type>session</type><listen>unix:dir=${folder}</listen><policy context="default">
       <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
    );
    const args = ['--config-file', config, '--', ...node, 'keychain'];
    await refusalOf(serveVault('keychain', 'dbus-run-session', args, bare({ XDG_RUNTIME_DIR: folder })));
  });

  it('says the two lines that help where nothing was chosen', async () => {
    const served = serveVault('keychain', process.execPath, [program, 'any'], bare());
    await expect(served.kind()).rejects.toMatchObject({
      code: 'E_VAULT_NONE',
      hint: expect.stringMatching(/\nexport REPOST_VAULT=file\nexport REPOST_VAULT_PASSPHRASE_FILE=\S+$/u),
    });
    await served.close();
  });

  it('never falls back to the file unasked, even where one lies ready', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'repost-vault-'));
    const path = join(folder, 'vault.json');
    const env = bare({ REPOST_VAULT_PASSPHRASE: 'pass' });
    const file = serveVault('file', process.execPath, [program, 'file', path], env);
    await file.vault.write('a', 'v');
    await file.close();
    const served = serveVault('keychain', process.execPath, [program, 'any', path], env);
    await expect(served.kind()).rejects.toMatchObject({ code: 'E_VAULT_NONE' });
    await served.close();
  });
});
