import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTerminal, type Terminal } from './terminal.ts';

const PASSPHRASE = 'correct horse battery staple';
let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'repost-backup-'));
  file = join(dir, 'copy.db');
  writeFileSync(join(dir, 'passphrase'), `${PASSPHRASE}\n`);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A home of its own; each has a vault with a key of its own. */
function openMachine(name: string): Terminal {
  return openTerminal({
    env: {
      HOME: dir,
      REPOST_HOME: join(dir, name),
      REPOST_VAULT: 'file',
      REPOST_VAULT_PASSPHRASE_FILE: keyOf(name),
    },
  });
}

function keyOf(name: string): string {
  const path = join(dir, `${name}-key`);
  if (!existsSync(path)) writeFileSync(path, randomBytes(16).toString('hex'));
  return path;
}

async function addApp(machine: Terminal, id: string): Promise<void> {
  const app = ['app', 'add', 'youtube', '--client-id', id, '--client-secret-stdin'];
  await machine.json(app, 'MARKED-client-secret\n');
}

const apps = (machine: Terminal) => machine.json<{ clientId: string }[]>(['app', 'list']);

describe('moving house', () => {
  it('takes database, settings and secrets to another machine, sealed on the way', async () => {
    const old = openMachine('old');
    await addApp(old, 'the-app');
    await old.json(['config', 'set', 'poll.interval', '7m']);
    const made = await old.json<{ vault: string; secrets: number }>(
      ['backup', file, '--with-vault', '--passphrase-stdin'],
      `${PASSPHRASE}\n`,
    );
    expect(made).toMatchObject({ vault: `${file}.vault`, secrets: 1 });
    for (const path of [file, made.vault]) {
      expect(statSync(path).mode & 0o777, path).toBe(0o600);
      expect(readFileSync(path, 'latin1')).not.toContain('MARKED');
    }
    const given = ['--passphrase-file', join(dir, 'passphrase')];
    const checked = await old.json(['backup', file, '--verify', ...given]);
    expect(checked).toMatchObject({ ok: true, secrets: 1, accounts: 0 });

    const fresh = openMachine('fresh');
    const back = await fresh.run(['restore', file, ...given]);
    expect(back.code).toBe(0);
    expect(back.err).toContain('publishing is held');
    expect(back.err).toContain('repost quarantine release');
    expect(await apps(fresh)).toMatchObject([{ clientId: 'the-app' }]);
    expect(await fresh.json(['config', 'get', 'poll.interval'])).toMatchObject({ value: '7m' });
    // What came out of the seal is what a backup of the new machine seals again.
    const again = ['backup', join(dir, 'again.db'), '--with-vault', ...given];
    expect(await fresh.json(again)).toMatchObject({ secrets: 1 });
  });

  it('changes nothing where the passphrase is wrong, the file is damaged or something is missing', async () => {
    const old = openMachine('old');
    await addApp(old, 'before');
    await old.json(['backup', file, '--with-vault', '--passphrase-file', join(dir, 'passphrase')]);
    await addApp(old, 'after');
    const refused = async (args: readonly string[], code: string, stdin?: string) =>
      expect(await old.failure(args, stdin), args.join(' ')).toMatchObject({ code });
    await refused(['restore', file, '--passphrase-stdin'], 'E_VAULT_PASSPHRASE', 'another one\n');
    await refused(['restore', file, '--with-vault', '--no-input'], 'E_MISSING_ANSWER');
    await refused(
      ['backup', join(dir, 'b.db'), '--with-vault', '--passphrase-stdin'],
      'E_VAULT_PASSPHRASE',
      'short\n',
    );
    expect(existsSync(join(dir, 'b.db'))).toBe(false);
    await refused(['backup', file], 'E_EXISTS');
    const sealed = readFileSync(`${file}.vault`, 'utf8');
    writeFileSync(`${file}.vault`, sealed.replace(/"wrapped": "..../u, '"wrapped": "AAAA'));
    await refused(['restore', file, '--passphrase-stdin'], 'E_VAULT_CORRUPT', `${PASSPHRASE}\n`);
    rmSync(`${file}.vault`);
    await refused(['restore', file, '--passphrase-stdin'], 'E_NOT_FOUND', `${PASSPHRASE}\n`);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length / 2));
    expect((await old.failure(['backup', file, '--verify'])).code).toMatch(/^E_DB_/u);
    expect((await old.failure(['restore', file])).code).toMatch(/^E_DB_/u);
    expect(await apps(old)).toMatchObject([{ clientId: 'after' }]);
  });
});
