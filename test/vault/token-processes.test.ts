import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { fileVault } from '../../src/vault/file.ts';
import { readGrant, saveGrant } from '../../src/vault/grants.ts';
import { buildProgram } from './programs/build.ts';
import { account } from './programs/tiny-service.ts';

const env = { ...process.env, REPOST_VAULT_PASSPHRASE: 'correct horse' };

describe('several processes and one sign-in', () => {
  const program = buildProgram('renew-token');
  let platform: Server;
  let url = '';
  /** The refresh token that works, and how often the platform was asked. */
  let valid = '';
  let asked = 0;
  let path = '';

  beforeAll(async () => {
    platform = createServer(async (request, response) => {
      asked++;
      const known = (await text(request)) === valid;
      if (known) valid = `refresh-${asked}`;
      response.writeHead(known ? 200 : 400);
      response.end(JSON.stringify(known ? { access: `access-${asked}`, refresh: valid } : {}));
    }).listen(0, '127.0.0.1');
    await once(platform, 'listening');
    url = `http://127.0.0.1:${(platform.address() as AddressInfo).port}/token`;
  });
  afterAll(() => {
    platform.close();
    rmSync(program, { force: true });
  });
  beforeEach(async () => {
    path = join(mkdtempSync(join(tmpdir(), 'repost-tokens-')), 'vault.json');
    [valid, asked] = ['refresh-0', 0];
    const now = systemClock.now();
    await saveGrant(fileVault({ path, env, clock: systemClock }), account, {
      accessToken: 'access-0',
      refreshToken: 'refresh-0',
      scopes: [],
      obtainedAt: now - 7_200_000,
      expiresAt: now - 1_000,
    });
  });

  async function renew(...more: string[]): Promise<unknown> {
    const child = spawn(process.execPath, [program, path, url, ...more], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = await text(child.stdout);
    return output === '' ? 'died' : JSON.parse(output);
  }

  it('renew it once', async () => {
    const results = await Promise.all([renew(), renew(), renew()]);
    expect(results).toHaveLength(3);
    for (const result of results) expect(result).toMatchObject({ accessToken: 'access-1' });
    expect(asked).toBe(1);
    expect(JSON.stringify(results).match(/grant access-1/gu)).toHaveLength(1);
  });

  it('and one that dies between the platform’s rotation and the save: the next asks for a sign-in and says why', async () => {
    expect(await renew('die')).toBe('died');
    expect(await renew()).toMatchObject({
      code: 'E_LOGIN_NEEDED',
      kind: 'login',
      message: expect.stringContaining('in an answer that never arrived'),
      told: [expect.stringMatching(/^login /u)],
    });
    const kept = await readGrant(fileVault({ path, env, clock: systemClock }), account);
    expect(kept?.accessToken).toBe('access-0');
  });

  it('and one that dies with the lock in its hand does not hold up the next', async () => {
    expect(await renew('die')).toBe('died');
    valid = 'refresh-0';
    expect(await renew()).toMatchObject({ accessToken: 'access-2' });
  });
});
