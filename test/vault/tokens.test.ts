import { describe, expect, it } from 'vitest';
import type { Account, Grant } from '../../src/core/account.ts';
import { HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Vault, VaultRead } from '../../src/core/vault.ts';
import { readGrant, removeGrant, saveGrant } from '../../src/vault/grants.ts';
import { memoryVault } from '../../src/vault/memory.ts';
import { tokenSource } from '../../src/vault/tokens.ts';
import { app, noHttp, account as row, tinyService } from './programs/tiny-service.ts';

/** A platform whose refresh tokens work once, and everything that may go wrong between it and us. */
function world({ refreshAheadMs, renews = true }: { refreshAheadMs?: number; renews?: boolean } = {}) {
  const clock = new TestClock();
  const inner = memoryVault();
  let count = 0;
  const state = {
    clock,
    account: { ...row } as Account,
    /** The refresh token that the platform takes next. */
    valid: 'refresh-0',
    refreshes: 0,
    /** Runs after the platform has rotated, before its answer arrives. */
    onAnswer: async (): Promise<void> => undefined,
    /** Set: the platform does not even look at the request. */
    refusal: undefined as Failure | undefined,
    reads: undefined as VaultRead | undefined,
    writeFails: undefined as Failure | undefined,
    granted: [] as Grant[],
    marked: [] as Failure[],
    locks: [] as string[],
    /** Whether the lock is still ours. */
    held: () => true,
    reportFails: false,
  };
  const vault: Vault = {
    ...inner,
    read: async (name) => state.reads ?? (await inner.read(name)),
    write: async (name, value) => {
      if (state.writeFails) throw state.writeFails;
      await inner.write(name, value);
    },
  };
  const grantOf = (n: number): Grant => ({
    accessToken: `canary-access-${n}`,
    refreshToken: `refresh-${n}`,
    scopes: ['publish'],
    obtainedAt: clock.now(),
    expiresAt: clock.now() + 2 * HOUR,
  });
  const service = tinyService(
    renews
      ? async ({ grant }) => {
          state.refreshes++;
          if (state.refusal) throw state.refusal;
          if (grant.refreshToken !== state.valid)
            throw new Failure('E_LOGIN_NEEDED', {
              kind: 'login',
              message: 'Pinterest: invalid_grant',
              certain: true,
              status: 400,
            });
          const fresh = grantOf(++count);
          state.valid = `refresh-${count}`;
          await state.onAnswer();
          return fresh;
        }
      : undefined,
    refreshAheadMs,
  );
  let last: Promise<unknown> = Promise.resolve();
  const lock = <T>(name: string, work: (held?: () => boolean) => Promise<T>): Promise<T> => {
    state.locks.push(name);
    const alone = () => work(state.held);
    const turn = last.then(alone, alone);
    last = turn.catch(() => undefined);
    return turn;
  };
  const source = () =>
    tokenSource({
      vault,
      service,
      http: noHttp(clock),
      account: async () => state.account,
      app: async () => app,
      clock,
      lock,
      onGrant: async (grant) => {
        if (state.reportFails) throw new Failure('E_DB_BUSY');
        state.granted.push(grant);
      },
      onLoginNeeded: async (failure) => void state.marked.push(failure),
    });
  return { ...state, state, vault, inner, source, grantOf, save: () => saveGrant(inner, row, grantOf(0)) };
}

const blip = () => new Failure('E_PLATFORM_DOWN', { status: 503 });

describe('the token in use', () => {
  it('is the one in the vault while it is fresh', async () => {
    const { source, save, clock, state } = world();
    await save();
    const tokens = source();
    expect((await tokens.current()).accessToken).toBe('canary-access-0');
    clock.advance(2 * HOUR - 10 * MINUTE - SECOND);
    expect((await tokens.current()).accessToken).toBe('canary-access-0');
    expect(state.refreshes).toBe(0);
  });

  it('is renewed ahead of its end, saved, and told of', async () => {
    const { source, save, clock, state, inner } = world();
    await save();
    clock.advance(2 * HOUR - 10 * MINUTE);
    const grant = await source().current();
    expect(grant).toMatchObject({ accessToken: 'canary-access-1', refreshToken: 'refresh-1' });
    expect(await readGrant(inner, row)).toEqual(grant);
    expect(state.granted).toEqual([grant]);
    expect(state.locks).toEqual(['grant/pinterest/7575000000000000123']);
  });

  it('is not renewed by a host that stood still under the lock, whoever has it now: what is saved stays', async () => {
    for (const before of [0, 1]) {
      const { source, save, clock, state, inner, grantOf } = world();
      await save();
      clock.advance(2 * HOUR);
      const others = grantOf(7);
      let asked = 0;
      state.held = () => {
        asked += 1;
        return asked <= before;
      };
      if (before === 0) await saveGrant(inner, row, { ...others, expiresAt: clock.now() - 1 });
      await expect(source().current()).rejects.toMatchObject({
        code: 'E_DB_BUSY',
        kind: 'later',
        certain: true,
      });
      expect(state.refreshes).toBe(0);
      if (before === 0) expect((await readGrant(inner, row))?.accessToken).toBe(others.accessToken);
      state.held = () => true;
      state.valid = before === 0 ? 'refresh-7' : 'refresh-0';
      expect((await source().current()).accessToken).toBe('canary-access-1');
    }
  });

  it('is in the vault before anybody gets it', async () => {
    const { source, save, clock, inner } = world();
    await save();
    clock.advance(2 * HOUR);
    const order: string[] = [];
    const write = inner.write;
    inner.write = async (name, value) => {
      await write(name, value);
      if (value.includes('canary-access-1')) order.push('saved');
    };
    await source()
      .current()
      .then(() => order.push('used'));
    expect(order).toEqual(['saved', 'used']);
  });

  it('is renewed once for many who ask at once', async () => {
    const { source, save, clock, state } = world();
    await save();
    clock.advance(2 * HOUR);
    const tokens = source();
    const grants = await Promise.all(Array.from({ length: 20 }, () => tokens.current()));
    expect(new Set(grants.map(({ accessToken }) => accessToken))).toEqual(new Set(['canary-access-1']));
    expect(state.refreshes).toBe(1);
  });

  it('is renewed once for two sources that only share the lock', async () => {
    const { source, save, clock, state } = world();
    await save();
    clock.advance(2 * HOUR);
    const grants = await Promise.all([source().current(), source().current(), source().current()]);
    expect(new Set(grants.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect([state.refreshes, state.marked]).toEqual([1, []]);
  });

  it('is renewed once for many whom the platform refused', async () => {
    const { source, save, state } = world();
    await save();
    const tokens = source();
    const refused = await tokens.current();
    const grants = await Promise.all(Array.from({ length: 9 }, () => tokens.renew(refused)));
    expect(new Set(grants.map(({ accessToken }) => accessToken))).toEqual(new Set(['canary-access-1']));
    expect((await tokens.renew(refused)).accessToken).toBe('canary-access-1');
    expect(state.refreshes).toBe(1);
  });

  it('is the new one as soon as its person has signed in again', async () => {
    const { source, save, inner, state, grantOf } = world();
    await save();
    const tokens = source();
    await tokens.current();
    await saveGrant(inner, row, { ...grantOf(0), accessToken: 'canary-access-new' });
    state.account = { ...row, updatedAt: 1 };
    expect((await tokens.current()).accessToken).toBe('canary-access-new');
  });

  it('is not asked for again of a vault that locked itself while the token lives', async () => {
    const { source, save, clock, state } = world();
    await save();
    const tokens = source();
    await tokens.current();
    state.reads = { state: 'locked', detail: 'The keychain is locked.' };
    clock.advance(HOUR);
    expect((await tokens.current()).accessToken).toBe('canary-access-0');
    clock.advance(HOUR);
    await expect(tokens.current()).rejects.toMatchObject({ code: 'E_VAULT_LOCKED' });
    expect(state.marked).toEqual([]);
  });
});

describe('a renewal that fails', () => {
  it.each([
    ['the platform has trouble', blip()],
    ['no answer came', new Failure('E_NO_ANSWER')],
    ['it is asked to slow down', new Failure('E_RATE_LIMIT', { certain: true, status: 429 })],
  ])('leaves the account alone where %s, and uses the old token while it lives', async (_, refusal) => {
    const { source, save, clock, state } = world();
    await save();
    const tokens = source();
    clock.advance(2 * HOUR - 5 * MINUTE);
    state.refusal = refusal;
    expect((await tokens.current()).accessToken).toBe('canary-access-0');
    expect((await tokens.current()).accessToken).toBe('canary-access-0');
    expect(state.refreshes).toBe(1);
    clock.advance(5 * MINUTE);
    await expect(tokens.current()).rejects.toMatchObject({ code: refusal.code, certain: true });
    expect(state.marked).toEqual([]);
    state.refusal = undefined;
    expect((await tokens.current()).accessToken).toBe('canary-access-1');
  });

  it('waits where the app’s keys are wrong, and does not blame the account', async () => {
    const { source, save, clock, state } = world();
    await save();
    clock.advance(2 * HOUR);
    state.refusal = new Failure('E_CLIENT_INVALID', { certain: true, status: 401 });
    await expect(source().current()).rejects.toMatchObject({
      code: 'E_CLIENT_INVALID',
      kind: 'later',
      reason: 'login',
      notBefore: clock.now() + 10 * MINUTE,
    });
    expect(state.marked).toEqual([]);
  });

  it('marks the account where the sign-in is over, once each time', async () => {
    const { source, save, clock, state } = world();
    await save();
    state.valid = 'revoked';
    clock.advance(2 * HOUR);
    await expect(source().current()).rejects.toMatchObject({
      code: 'E_LOGIN_NEEDED',
      kind: 'login',
      certain: true,
      message: 'Pinterest: invalid_grant',
    });
    expect(state.marked).toHaveLength(1);
  });

  it('asks for its person at once where the sign-in is over, though the old token still lives', async () => {
    const { source, save, clock, state } = world();
    await save();
    state.valid = 'revoked';
    clock.advance(2 * HOUR - MINUTE);
    await expect(source().current()).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED' });
    expect(state.marked).toHaveLength(1);
  });

  it('is recognised later where its answer was lost after the platform had rotated', async () => {
    const { source, save, clock, state } = world();
    await save();
    clock.advance(2 * HOUR);
    const lostAt = new Date(clock.now()).toISOString();
    state.onAnswer = async () => {
      throw new Failure('E_NO_ANSWER');
    };
    await expect(source().current()).rejects.toMatchObject({ code: 'E_NO_ANSWER', kind: 'retry' });
    expect(state.marked).toEqual([]);
    clock.advance(MINUTE);
    for (let time = 1; time <= 2; time++)
      await expect(source().current()).rejects.toMatchObject({
        code: 'E_LOGIN_NEEDED',
        kind: 'login',
        message: expect.stringMatching(new RegExp(`${lostAt}.*never arrived.*invalid_grant`, 'u')),
        command: 'repost login pinterest',
      });
  });

  it('is not called lost where an answer came', async () => {
    const { source, save, clock, state } = world();
    await save();
    clock.advance(2 * HOUR);
    state.refusal = new Failure('E_RATE_LIMIT', { certain: true, status: 429 });
    await expect(source().current()).rejects.toMatchObject({ code: 'E_RATE_LIMIT' });
    state.refusal = undefined;
    state.valid = 'revoked';
    await expect(source().current()).rejects.toMatchObject({ message: 'Pinterest: invalid_grant' });
  });

  it('is not even sent where the vault can’t keep its answer', async () => {
    const { source, save, clock, state } = world();
    await save();
    clock.advance(2 * HOUR);
    state.writeFails = new Failure('E_DISK_FULL');
    await expect(source().current()).rejects.toMatchObject({ code: 'E_DISK_FULL', kind: 'retry' });
    expect(state.refreshes).toBe(0);
    state.writeFails = undefined;
    expect((await source().current()).accessToken).toBe('canary-access-1');
  });

  it('loses no pair that the vault takes only later', async () => {
    const { source, save, clock, state, inner } = world();
    await save();
    clock.advance(2 * HOUR);
    const tokens = source();
    state.onAnswer = async () => {
      state.writeFails = new Failure('E_DISK_FULL');
    };
    await expect(tokens.current()).rejects.toMatchObject({ code: 'E_DISK_FULL' });
    await expect(tokens.current()).rejects.toMatchObject({ code: 'E_DISK_FULL' });
    expect((await readGrant(inner, row))?.accessToken).toBe('canary-access-0');
    state.writeFails = undefined;
    expect((await tokens.current()).accessToken).toBe('canary-access-1');
    expect((await readGrant(inner, row))?.refreshToken).toBe('refresh-1');
    expect(state.refreshes).toBe(1);
    expect(state.granted.map(({ accessToken }) => accessToken)).toEqual(['canary-access-1']);
  });

  it('tells the account’s row later where it could not at once', async () => {
    const { source, save, clock, state } = world();
    await save();
    clock.advance(2 * HOUR);
    const tokens = source();
    state.reportFails = true;
    await expect(tokens.current()).rejects.toMatchObject({ code: 'E_DB_BUSY' });
    state.reportFails = false;
    await tokens.current();
    expect([state.refreshes, state.granted.length]).toEqual([1, 1]);
  });
});

describe('meanwhile, somebody', () => {
  it('signed in again: theirs stands', async () => {
    const { source, save, clock, state, inner, grantOf } = world();
    await save();
    clock.advance(2 * HOUR);
    state.onAnswer = () => saveGrant(inner, row, { ...grantOf(0), accessToken: 'canary-access-new' });
    expect((await source().current()).accessToken).toBe('canary-access-new');
    expect((await readGrant(inner, row))?.accessToken).toBe('canary-access-new');
  });

  it('signed out: it is not undone', async () => {
    const { source, save, clock, state, inner } = world();
    await save();
    clock.advance(2 * HOUR);
    state.onAnswer = () => removeGrant(inner, row);
    await expect(source().current()).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED' });
    expect(await readGrant(inner, row)).toBeUndefined();
  });
});

describe('a vault that', () => {
  it('is open and has nothing asks for a sign-in', async () => {
    const { source, state } = world();
    await expect(source().current()).rejects.toMatchObject({
      code: 'E_LOGIN_NEEDED',
      kind: 'login',
      command: 'repost login pinterest',
    });
    expect(state.marked).toHaveLength(1);
  });

  it.each<[VaultRead, string, string]>([
    [{ state: 'locked', detail: 'The keychain is locked.' }, 'E_VAULT_LOCKED', 'login'],
    [{ state: 'unreachable', detail: 'The keychain did not answer.' }, 'E_VAULT_UNREACHABLE', 'backoff'],
    [{ state: 'corrupt', detail: 'The file is damaged.' }, 'E_VAULT_CORRUPT', 'login'],
    [{ state: 'found', value: '{"v":1,"grant":{"accessToken":5}}' }, 'E_VAULT_CORRUPT', 'login'],
    [{ state: 'found', value: 'canary-no-json' }, 'E_VAULT_CORRUPT', 'login'],
  ])('is %o lets the job wait and the account be', async (reads, code, reason) => {
    const { source, save, clock, state } = world();
    await save();
    state.reads = reads;
    for (const asked of [source().current(), source().renew(await readGrantOf(state.account))])
      await expect(asked).rejects.toMatchObject({
        code,
        kind: 'later',
        reason,
        certain: true,
        notBefore: clock.now() + MINUTE,
      });
    expect(state.marked).toEqual([]);
  });
});

async function readGrantOf(account: Account): Promise<Grant> {
  return { accessToken: 'refused', scopes: account.scopes, obtainedAt: 0 };
}

describe('a platform that does not renew', () => {
  it('is used until the end, then its person must come', async () => {
    const { source, save, clock, state } = world({ renews: false });
    await save();
    const tokens = source();
    clock.advance(2 * HOUR - 1);
    const grant = await tokens.current();
    clock.advance(1);
    await expect(tokens.current()).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
    await expect(tokens.renew(grant)).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
    expect(state.marked).toHaveLength(2);
  });
});
