import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { fileVault } from '../../src/vault/file.ts';
import { vaultContract } from './contract.ts';
import { buildProgram } from './programs/build.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'repost-vault-'));
const open = (path: string, env: Record<string, string> = { REPOST_VAULT_PASSPHRASE: 'correct horse' }) =>
  fileVault({ path, env, clock: systemClock });

/** Without the third of a second that a passphrase costs. */
const credentials = folder();
writeFileSync(join(credentials, 'vault-key'), Buffer.alloc(32, 7));
const openByKey = (path: string) => open(path, { CREDENTIALS_DIRECTORY: credentials });

vaultContract('file', async () => ({ vault: open(join(folder(), 'new/vault.json')) }), { runs: 30 });

describe('the vault’s file', () => {
  let path: string;
  beforeAll(async () => {
    path = join(folder(), 'vault.json');
    await open(path).write('grant/x/1', 'canary-secret');
  });

  it('shows names but no secret, and is its owner’s alone', () => {
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('grant/x/1');
    for (const form of ['canary-secret', Buffer.from('canary-secret').toString('base64url')])
      expect(text).not.toContain(form);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { kdf } = JSON.parse(text) as { kdf: object };
    expect(kdf).toMatchObject({ name: 'scrypt', N: 131_072, r: 8, p: 1 });
  });

  it('opens in another process’s place with the same passphrase', async () => {
    expect(await open(path).read('grant/x/1')).toEqual({ state: 'found', value: 'canary-secret' });
  });

  it('says passphrase, not damaged and not absent, for a wrong one', async () => {
    const wrong = open(path, { REPOST_VAULT_PASSPHRASE: 'wrong' });
    expect(await wrong.read('grant/x/1')).toMatchObject({ state: 'locked' });
    const refused = { code: 'E_VAULT_PASSPHRASE', kind: 'later' };
    await expect(wrong.write('grant/x/1', 'v')).rejects.toMatchObject(refused);
    await expect(wrong.write('grant/x/2', 'v')).rejects.toMatchObject(refused);
    await expect(wrong.remove('grant/x/1')).rejects.toMatchObject(refused);
    await expect(wrong.probe()).rejects.toMatchObject(refused);
    expect(await open(path).read('grant/x/1')).toEqual({ state: 'found', value: 'canary-secret' });
  });

  it('sees at once what another process wrote', async () => {
    const one = open(path);
    const other = open(path);
    await one.write('shared', 'by one');
    expect(await other.read('shared')).toEqual({ state: 'found', value: 'by one' });
    await other.write('shared', 'by other');
    expect(await one.read('shared')).toEqual({ state: 'found', value: 'by other' });
    await other.remove('shared');
    expect(await one.read('shared')).toEqual({ state: 'absent' });
  });

  it.each([0o640, 0o604, 0o660])('is refused with the rights %o', async (mode) => {
    chmodSync(path, mode);
    try {
      expect(await open(path).read('grant/x/1')).toMatchObject({
        state: 'locked',
        detail: expect.stringContaining(`chmod 600 ${path}`),
      });
      await expect(open(path).write('a', 'v')).rejects.toMatchObject({
        code: 'E_VAULT_UNSAFE',
        kind: 'later',
      });
    } finally {
      chmodSync(path, 0o600);
    }
  });

  it('sees what somebody changed in its place', async () => {
    const own = join(folder(), 'vault.json');
    const vault = open(own);
    await vault.write('grant/x/1', 'one');
    const before = readFileSync(own, 'utf8');
    await vault.write('grant/x/1', 'two');
    expect(await vault.read('grant/x/1')).toEqual({ state: 'found', value: 'two' });
    writeFileSync(own, before);
    expect(await vault.read('grant/x/1')).toEqual({ state: 'found', value: 'one' });
    writeFileSync(own, before.replace('grant/x/1', 'grant/x/2'));
    expect(await vault.read('grant/x/1')).toEqual({ state: 'absent' });
  });

  it('is written once for all changes that come while it is being written', async () => {
    const own = join(folder(), 'vault.json');
    const vault = open(own);
    await vault.write('grant/x/0', 'first');
    let writings = 0;
    const watcher = watch(dirname(own));
    const seen = new Promise((resolve) =>
      watcher.on('change', (_event, name) => {
        if (name === 'vault.json') writings += 1;
        if (name === 'end') resolve(undefined);
      }),
    );
    const names = Array.from({ length: 100 }, (_, n) => `grant/x/${n}`);
    const removed = vault.remove('grant/x/0');
    await Promise.all(names.map((name) => vault.write(name, `value of ${name}`)));
    await removed;
    writeFileSync(join(dirname(own), 'end'), '');
    await seen;
    watcher.close();
    expect(writings).toBeLessThanOrEqual(3);
    const other = open(own);
    for (const name of names.slice(1))
      expect(await other.read(name)).toEqual({ state: 'found', value: `value of ${name}` });
  });

  it('stays where a link leads', async () => {
    const link = join(folder(), 'link.json');
    symlinkSync(path, link);
    await open(link).write('through', 'the link');
    expect(await open(path).read('through')).toEqual({ state: 'found', value: 'the link' });
  });

  it('is unreachable where its folder can’t be', async () => {
    const inside = join(path, 'vault.json');
    expect(await open(inside).read('a')).toMatchObject({ state: 'unreachable' });
    await expect(open(inside).write('a', 'v')).rejects.toMatchObject({ code: 'E_VAULT_UNREACHABLE' });
  });
});

describe('a damaged vault’s file', () => {
  const damage = async (change: (text: string) => string) => {
    const path = join(folder(), 'vault.json');
    const vault = open(path);
    await vault.write('grant/x/1', 'first');
    await vault.write('grant/x/2', 'second');
    const changed = change(readFileSync(path, 'utf8'));
    writeFileSync(path, changed);
    return { path, vault: open(path), changed };
  };

  it.each<[string, (text: string) => string]>([
    ['empty', () => ''],
    ['cut', (text) => text.slice(0, text.length / 2)],
    ['no object', () => 'null'],
    ['a flipped wrapped key', (text) => text.replace(/"wrapped": "../u, '"wrapped": "zz')],
    ['a flipped salt', (text) => text.replace(/"salt": "../u, '"salt": "zz')],
    ['weaker costs', (text) => text.replace('131072', '1024')],
    ['a line that is none', (text) => `${text}rubbish\n`],
    ['a newer version', (text) => text.replace('"v": 1', '"v": 2')],
  ])('is called corrupt and is never written over: %s', async (_, change) => {
    const { path, vault, changed } = await damage(change);
    expect(await vault.read('grant/x/1')).toMatchObject({ state: 'corrupt' });
    await expect(vault.write('grant/x/3', 'v')).rejects.toMatchObject({ code: 'E_VAULT_CORRUPT' });
    expect(readFileSync(path, 'utf8')).toBe(changed);
  });

  it('does not take one entry for another', async () => {
    const { vault } = await damage((text) => {
      const sealed = /"grant\/x\/2": ?"([^"]+)"/u.exec(text)?.[1] ?? '';
      return text.replace(/("grant\/x\/1": ?)"[^"]+"/u, `$1"${sealed}"`);
    });
    expect(await vault.read('grant/x/1')).toMatchObject({ state: 'corrupt' });
    expect(await vault.read('grant/x/2')).toEqual({ state: 'found', value: 'second' });
  });
});

describe('many entries of a vault’s file', () => {
  const entry = (n: number) => `grant/x/${String(n).padStart(3, '0')}`;

  it('stay where they are while one is renewed, until there are more lines than entries', async () => {
    const path = join(folder(), 'vault.json');
    const vault = openByKey(path);
    await Promise.all(Array.from({ length: 200 }, (_, n) => vault.write(entry(n), `first ${n}`)));
    const before = readFileSync(path, 'utf8');
    await vault.write(entry(7), 'second');
    const after = readFileSync(path, 'utf8');
    expect(after.startsWith(before)).toBe(true);
    expect(after.length - before.length).toBeLessThan(200);
    expect(await openByKey(path).read(entry(7))).toEqual({ state: 'found', value: 'second' });
    for (let n = 0; n < 250; n += 1) await vault.write(entry(n % 3), `third ${n}`);
    expect(readFileSync(path, 'utf8').length).toBeLessThan(before.length * 2);
    const other = openByKey(path);
    expect(await other.read(entry(1))).toEqual({ state: 'found', value: 'third 247' });
    expect(await other.read(entry(199))).toEqual({ state: 'found', value: 'first 199' });
  });

  it('leave nothing of one that is taken out', async () => {
    const path = join(folder(), 'vault.json');
    const vault = openByKey(path);
    await vault.write(entry(1), 'first');
    await vault.write(entry(2), 'kept');
    await vault.write(entry(1), 'second');
    await vault.remove(entry(1));
    expect(readFileSync(path, 'utf8')).not.toContain(entry(1));
    expect(await openByKey(path).read(entry(2))).toEqual({ state: 'found', value: 'kept' });
  });

  it('are there without the last line where a crash cut it, and the next change goes on from there', async () => {
    const path = join(folder(), 'vault.json');
    await openByKey(path).write(entry(1), 'first');
    const whole = readFileSync(path, 'utf8');
    await openByKey(path).write(entry(1), 'second');
    const line = readFileSync(path, 'utf8').slice(whole.length);
    for (const bytes of [1, line.length / 2, line.length - 1]) {
      writeFileSync(path, whole + line.slice(0, bytes));
      expect(await openByKey(path).read(entry(1))).toEqual({ state: 'found', value: 'first' });
      await openByKey(path).write(entry(2), 'new');
      expect(await openByKey(path).read(entry(1))).toEqual({ state: 'found', value: 'first' });
      expect(await openByKey(path).read(entry(2))).toEqual({ state: 'found', value: 'new' });
    }
  });
});

describe('a new passphrase', () => {
  it('encrypts no entry anew, shuts the old one out, and leaves running processes alone', async () => {
    const path = join(folder(), 'vault.json');
    const running = open(path);
    await running.write('grant/x/1', 'kept');
    const entries = () => (JSON.parse(readFileSync(path, 'utf8')) as { entries: object }).entries;
    const before = entries();
    await open(path).changePassphrase({ passphrase: 'new one' });
    expect(entries()).toEqual(before);
    expect(await open(path).read('grant/x/1')).toMatchObject({ state: 'locked' });
    const renewed = open(path, { REPOST_VAULT_PASSPHRASE: 'new one' });
    expect(await renewed.read('grant/x/1')).toEqual({ state: 'found', value: 'kept' });
    await running.write('grant/x/2', 'still works');
    expect(await renewed.read('grant/x/2')).toEqual({ state: 'found', value: 'still works' });
    await expect(renewed.changePassphrase({ passphrase: '' })).rejects.toMatchObject({
      code: 'E_VAULT_PASSPHRASE',
    });
  });

  it('can be a key file, and back', async () => {
    const path = join(folder(), 'vault.json');
    const credentials = folder();
    const key = Buffer.alloc(32, 7);
    writeFileSync(join(credentials, 'vault-key'), key);
    await open(path).write('a', 'v');
    await open(path).changePassphrase({ key });
    expect(await open(path).read('a')).toMatchObject({ state: 'locked' });
    const service = open(path, { CREDENTIALS_DIRECTORY: credentials });
    expect(await service.read('a')).toEqual({ state: 'found', value: 'v' });
    await service.changePassphrase({ passphrase: 'correct horse' });
    expect(await open(path).read('a')).toEqual({ state: 'found', value: 'v' });
  });
});

describe('several processes and one vault’s file', () => {
  const program = buildProgram('change-file');
  afterAll(() => rmSync(program, { force: true }));
  const start = (path: string, prefix: string, count: number) =>
    spawn(process.execPath, [program, path, prefix, String(count)], {
      env: { ...process.env, REPOST_VAULT_PASSPHRASE: 'correct horse' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  it('lose no entry when they write at once, also where both make the file', async () => {
    const path = join(folder(), 'vault.json');
    const children = ['one', 'two', 'three'].map((prefix) => start(path, prefix, 25));
    for (const child of children) child.stdout.resume();
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as number));
    expect(codes).toEqual([0, 0, 0]);
    const vault = open(path);
    for (const prefix of ['one', 'two', 'three'])
      for (let index = 0; index < 25; index++)
        expect(await vault.read(`${prefix}/${index}`)).toEqual({ state: 'found', value: `value ${index}` });
    expect(readdirSync(join(path, '..'))).toEqual(['vault.json']);
  });

  it('lose nothing that was confirmed when one is killed, and its lock holds nobody up', async () => {
    const path = join(folder(), 'vault.json');
    await open(path).write('first', 'v');
    for (let round = 0; round < 3; round++) {
      const child = start(path, `round${round}`, 100_000);
      let confirmed = -1;
      child.stdout.on('data', (text: Buffer) => {
        confirmed = Number(text.toString().trim().split('\n').at(-1));
        if (confirmed >= 3 + round * 7) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      const vault = open(path);
      await vault.write(`after/${round}`, 'v');
      for (let index = 0; index <= confirmed; index++)
        expect(await vault.read(`round${round}/${index}`)).toEqual({
          state: 'found',
          value: `value ${index}`,
        });
    }
    expect(readdirSync(join(path, '..'))).toEqual(['vault.json']);
  });
});

describe('the lock of the vault’s file', () => {
  const dead = () => JSON.stringify({ pid: 2 ** 22 + 1, host: 'elsewhere', token: 't', at: 0 });

  it.each([
    ['of a process long past', dead],
    ['that was never filled', () => ''],
  ])('%s is taken over', async (_, content) => {
    const path = join(folder(), 'vault.json');
    const lock = `${path}.lock`;
    writeFileSync(lock, content());
    utimesSync(lock, 1, 1);
    await open(path).write('a', 'v');
    expect(await open(path).read('a')).toEqual({ state: 'found', value: 'v' });
    expect(existsSync(lock)).toBe(false);
  });

  it('of a living process is waited for, and then named', async () => {
    const path = join(folder(), 'vault.json');
    const lock = `${path}.lock`;
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    writeFileSync(
      lock,
      JSON.stringify({ pid: holder.pid, host: hostname(), token: 't', at: systemClock.now() }),
    );
    const clock = { now: systemClock.now, sleep: async () => undefined };
    const impatient = fileVault({ path, env: { REPOST_VAULT_PASSPHRASE: 'correct horse' }, clock });
    await expect(impatient.write('a', 'v')).rejects.toMatchObject({
      code: 'E_VAULT_UNREACHABLE',
      message: expect.stringContaining(lock),
    });
    holder.kill();
    await once(holder, 'exit');
    await open(path).write('a', 'v');
    expect(await open(path).read('a')).toEqual({ state: 'found', value: 'v' });
  });
});

describe('the passphrase of the vault’s file', () => {
  const path = join(folder(), 'vault.json');
  const kept = join(folder(), 'pass file');
  beforeAll(async () => {
    writeFileSync(kept, 'from a file\n');
    await open(path, { REPOST_VAULT_PASSPHRASE: 'from a file' }).write('a', 'v');
  });

  it.each<[string, () => Record<string, string>]>([
    ['a file', () => ({ REPOST_VAULT_PASSPHRASE_FILE: kept })],
    [
      'a command',
      () => ({ REPOST_VAULT_PASSPHRASE_COMMAND: `cat '${kept}'`, PATH: process.env['PATH'] ?? '' }),
    ],
    ['a variable, last', () => ({ REPOST_VAULT_PASSPHRASE: 'from a file' })],
    [
      'a systemd credential, first',
      () => {
        const credentials = folder();
        writeFileSync(join(credentials, 'vault-passphrase'), 'from a file');
        return { CREDENTIALS_DIRECTORY: credentials, REPOST_VAULT_PASSPHRASE: 'wrong' };
      },
    ],
  ])('comes from %s', async (_, env) => {
    expect(await open(path, env()).read('a')).toEqual({ state: 'found', value: 'v' });
  });

  it('is asked for once, where somebody can be asked, and again after a wrong answer', async () => {
    const answers = ['wrong', 'from a file', 'never asked'];
    const asked: unknown[] = [];
    const prompt = async (question: object) => {
      asked.push(question);
      return answers.shift() ?? '';
    };
    const vault = fileVault({ path, env: {}, clock: systemClock, prompt });
    expect(await vault.read('a')).toMatchObject({ state: 'locked' });
    expect(await vault.read('a')).toEqual({ state: 'found', value: 'v' });
    await Promise.all([vault.read('a'), vault.write('b', 'v')]);
    expect(asked).toEqual([
      { vault: `the vault’s file ${path}`, isNew: false },
      { vault: `the vault’s file ${path}`, isNew: false },
    ]);
  });

  it.each<[string, () => Record<string, string>]>([
    ['nowhere', () => ({})],
    ['an empty variable', () => ({ REPOST_VAULT_PASSPHRASE: '' })],
    ['a file that is not there', () => ({ REPOST_VAULT_PASSPHRASE_FILE: '/nowhere/pass' })],
    ['a command that fails', () => ({ REPOST_VAULT_PASSPHRASE_COMMAND: 'echo canary-secret; exit 3' })],
  ])('is missed where it should come from %s', async (_, env) => {
    const refused = open(path, env()).write('a', 'v');
    await expect(refused).rejects.toMatchObject({ code: 'E_VAULT_PASSPHRASE' });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('canary-secret') });
  });

  it('gives way to a key file of 32 raw bytes for a new vault, and to no other length', async () => {
    const credentials = folder();
    const made = join(folder(), 'vault.json');
    writeFileSync(join(credentials, 'vault-key'), 'x'.repeat(31));
    const env = { CREDENTIALS_DIRECTORY: credentials, REPOST_VAULT_PASSPHRASE: 'unused' };
    await expect(open(made, env).write('a', 'v')).rejects.toMatchObject({
      message: expect.stringContaining('31 bytes'),
    });
    writeFileSync(join(credentials, 'vault-key'), Buffer.alloc(32, 0xff));
    await open(made, env).write('a', 'v');
    expect(readFileSync(made, 'utf8')).toContain('hkdf-sha256');
    expect(await open(made, env).read('a')).toEqual({ state: 'found', value: 'v' });
    expect(await open(made).read('a')).toMatchObject({ state: 'locked' });
  });

  it('is not looked for where there is nothing to open', async () => {
    const none = join(folder(), 'deep/vault.json');
    mkdirSync(join(none, '..'));
    expect(await open(none, {}).read('a')).toEqual({ state: 'absent' });
    await open(none, {}).remove('a');
    expect(existsSync(none)).toBe(false);
  });
});
