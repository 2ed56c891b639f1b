import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { entry } from '../e2e/home.ts';
import { temporaryFolder } from '../store/examples.ts';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const helper = join(import.meta.dirname, '../vault/programs/helper.mjs');

describeWithPostgres('repost vault', (postgres) => {
  /** A home over that store, with a key of its own: which needs no stretching, as a passphrase does. */
  function host(store: string, letter: string): Terminal & { home: string; key: string } {
    const home = temporaryFolder();
    const key = join(home, 'vault-key');
    writeFileSync(key, Buffer.alloc(32, letter));
    mkdirSync(join(home, 'config'));
    writeFileSync(join(home, 'config/config.json'), JSON.stringify({ store }));
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      REPOST_HOME: home,
      CREDENTIALS_DIRECTORY: home,
      REPOST_NO_INPUT: '1',
      REPOST_HTTP: 'off',
    };
    return { ...openTerminal({ env, columns: 300 }), home, key };
  }
  const addApp = ({ run }: Terminal, platform: string, secret: string) =>
    run(['app', 'add', platform, '--client-id', 'id', '--client-secret-stdin'], secret);

  it('moves to the database, where another host finds the secrets with a key of its own', async () => {
    const store = postgres.address('two');
    const [a, b] = [host(store, 'a'), host(store, 'b')];
    await a.run(['config', 'set', 'vault', 'file']);
    await addApp(a, 'x', 'secret of x');
    await addApp(a, 'youtube', 'secret of youtube');
    expect(await a.json(['vault'])).toMatchObject({ kind: 'file', state: 'open', secrets: 2, keys: [] });
    expect(await a.json(['vault', 'move', 'database'])).toEqual({
      schemaVersion: 1,
      from: 'file',
      to: 'database',
      secrets: 2,
      left: [],
    });
    expect((await a.run(['config', 'list'])).out).toMatch(/vault\s.*database/u);
    expect(await a.failure(['vault', 'move', 'database'])).toMatchObject({ code: 'E_EXISTS', exit: 1 });

    // The other one is told what to run where, runs it, and is in.
    const { out } = await b.run(['vault']);
    expect(out).toContain('2 secrets, locked');
    const [, name = ''] = /repost vault key set (\S+) --new-passphrase-file FILE/u.exec(out) ?? [];
    expect((await b.run(['doctor', '--offline'])).out).toContain(`repost vault key set ${name}`);
    await a.json(['vault', 'key', 'set', name, '--new-key-file', b.key]);
    expect(await b.json(['vault'])).toMatchObject({ kind: 'database', state: 'open', secrets: 2 });
    expect((await b.run(['doctor', '--offline'])).out).toContain(
      'the vault keeps secrets: the vault in the database',
    );

    // What it had in a file of its own comes along; what is in use stays.
    const file = { ...b.env, REPOST_VAULT: 'file' };
    const aside = openTerminal({ env: file });
    expect((await addApp(aside, 'x', 'older secret of x')).err).toContain('repost vault move file');
    await addApp(aside, 'instagram', 'secret of instagram');
    expect((await b.run(['vault'])).out).toContain('repost vault move database --from file');
    expect(await b.json(['vault', 'move', 'database', '--from', 'file'])).toMatchObject({
      secrets: 1,
      left: ['app/x'],
    });
    expect(await a.json(['vault'])).toMatchObject({ secrets: 3, state: 'open' });

    expect(await a.failure(['vault', 'key', 'rotate'])).toMatchObject({
      code: 'E_WRONG_STATE',
      command: 'repost vault key rotate --shut-out',
    });
    expect(await a.json(['vault', 'key', 'rotate', '--shut-out'])).toMatchObject({ shutOut: [name] });
    expect(await a.json(['vault'])).toMatchObject({ state: 'open' });
    expect(await b.json(['vault'])).toMatchObject({ state: 'locked' });
  });

  it('refuses what would lock everybody out or help nobody, and says what to do', async () => {
    const a = host(postgres.address('wrong'), 'a');
    await addApp(a, 'x', 'secret of x');
    const { keys } = await a.json<{ keys: { name: string }[] }>(['vault']);
    const own = keys[0]?.name ?? '';
    const empty = join(a.home, 'empty');
    writeFileSync(empty, '\n');
    const set = (...more: string[]) => ['vault', 'key', 'set', ...more];
    for (const [args, exit, code] of [
      [['vault', 'move', 'databse'], 2, 'E_USAGE'],
      [['vault', 'move', 'file', '--from', 'drawer'], 2, 'E_USAGE'],
      [set('b'), 2, 'E_MISSING_ANSWER'],
      [set('b', '--new-passphrase-file', join(a.home, 'none')), 2, 'E_VAULT_PASSPHRASE'],
      [set('b', '--new-passphrase-file', empty), 2, 'E_VAULT_PASSPHRASE'],
      [set('b', '--new-key-file', empty), 2, 'E_VAULT_PASSPHRASE'],
      [set('b', '--new-key-file', a.key, '--new-passphrase-file', a.key), 2, 'E_USAGE'],
      [set('b b', '--new-key-file', a.key), 2, 'E_USAGE'],
      [['vault', 'key', 'remove', 'b'], 1, 'E_NOT_FOUND'],
      [['vault', 'key', 'remove', own], 1, 'E_WRONG_STATE'],
    ] as const)
      expect({ args, ...(await a.failure(args)) }).toMatchObject({ args, exit, code });
    const forced = openTerminal({ env: { ...a.env, REPOST_VAULT: 'database' } });
    expect(await forced.failure(['vault', 'move', 'file'])).toMatchObject({ code: 'E_CONFIG' });
    const file = openTerminal({ env: { ...a.env, REPOST_STORE: '', REPOST_HOME: join(a.home, 'other') } });
    expect(await file.failure(['vault', 'key', 'rotate'])).toMatchObject({ code: 'E_CONFIG' });
  });

  it('loses nothing where the process that moves is killed, and ends it when run again', async () => {
    const a = host(postgres.address('killed'), 'a');
    const pid = join(a.home, 'pid');
    // The old vault is a program, which kills who asks it at the call that it was told.
    const killer = join(a.home, 'killer.mjs');
    writeFileSync(
      killer,
      `import { existsSync, readFileSync, rmSync } from 'node:fs';
       const at = ${JSON.stringify(join(a.home, 'kill-at'))};
       if (existsSync(at) && process.argv.at(-1) === 'erase') {
         rmSync(at);
         process.kill(Number(readFileSync(${JSON.stringify(pid)})), 'SIGKILL');
         process.exit(1);
       }
       await import(${JSON.stringify(helper)});`,
    );
    const env = { ...a.env, HELPER_DIR: a.home };
    const { run, json } = openTerminal({ env });
    await run(['config', 'set', 'vault', 'command']);
    await run(['config', 'set', 'vault.command', `${process.execPath} ${killer}`]);
    await addApp({ ...a, run }, 'x', 'secret of x');
    await addApp({ ...a, run }, 'youtube', 'secret of youtube');
    writeFileSync(join(a.home, 'kill-at'), '');
    const child: ChildProcess = spawn(
      'sh',
      ['-c', `echo $$ > '${pid}'; exec '${process.execPath}' '${entry}' vault move database`],
      { env, stdio: 'ignore' },
    );
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    expect(await json(['vault'])).toMatchObject({
      kind: 'database',
      state: 'open',
      secrets: 2,
      unfinishedMove: { from: 'command', to: 'database' },
    });
    expect((await run(['vault'])).out).toContain('repost vault move database');
    expect(await json(['vault', 'move', 'database'])).toMatchObject({ from: 'command', secrets: 2 });
    expect(await json(['vault'])).toMatchObject({ unfinishedMove: null, state: 'open' });
    expect(JSON.parse(readFileSync(join(a.home, 'config/config.json'), 'utf8'))).toMatchObject({
      vault: 'database',
    });
  });
});
