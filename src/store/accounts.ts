import type { Account } from '../core/account.ts';
import { Failure } from '../core/failure.ts';
import type { PlatformId } from '../core/names.ts';
import { doubt, SET_CANCELLED } from './cancelling.ts';
import type { Connection, Values } from './connection.ts';
import { remembered } from './remembered.ts';
import { flag, jsonOrNull, parse, present } from './rows.ts';
import type { AccountStore } from './types.ts';

export interface AccountColumns {
  id: number;
  platform: PlatformId;
  remote_id: string;
  handle: string;
  name: string;
  user: string;
  status: Account['status'];
  scopes: string;
  expires_at: number | null;
  breaks_at: number | null;
  paused: number;
  settings: string;
  removed_at: number | null;
  created_at: number;
  updated_at: number;
}

export function accountOf(row: AccountColumns): Account {
  return {
    id: row.id,
    platform: row.platform,
    account: `${row.platform}:${row.handle}`,
    handle: row.handle,
    name: row.name,
    remoteId: row.remote_id,
    user: row.user,
    status: row.status,
    scopes: parse(row.scopes),
    ...present({ expiresAt: row.expires_at, breaksAt: row.breaks_at }),
    paused: row.paused === 1,
    settings: parse(row.settings),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Signed-in identities. One that is removed keeps its row, so that it finds its history when it comes back. */
export function accountStore(connection: Connection): AccountStore {
  const { query, read, write } = connection;
  const upsert = query<AccountColumns>(`
    INSERT INTO accounts (platform, remote_id, handle, name, user, status, scopes, expires_at, breaks_at,
      settings, created_at, updated_at)
    VALUES (:platform, :remoteId, :handle, :name, :user, 'ok', :scopes, :expiresAt, :breaksAt, :settings,
      :now, :now)
    ON CONFLICT (platform, remote_id) DO UPDATE SET handle = excluded.handle, name = excluded.name,
      user = excluded.user, status = 'ok', scopes = excluded.scopes, expires_at = excluded.expires_at,
      breaks_at = excluded.breaks_at, settings = excluded.settings, updated_at = excluded.updated_at,
      paused = CASE WHEN accounts.removed_at IS NULL THEN accounts.paused ELSE 0 END, removed_at = NULL
    RETURNING *`);
  const one = query<AccountColumns>('SELECT * FROM accounts WHERE id = :id AND removed_at IS NULL');
  const all = query<AccountColumns>('SELECT * FROM accounts WHERE removed_at IS NULL ORDER BY id');
  const change = query<AccountColumns>(`
    UPDATE accounts SET status = coalesce(:status, status), expires_at = coalesce(:expiresAt, expires_at),
      breaks_at = coalesce(:breaksAt, breaks_at), scopes = coalesce(:scopes, scopes),
      settings = coalesce(:settings, settings), paused = coalesce(:paused, paused),
      handle = coalesce(:handle, handle), name = coalesce(:name, name), user = coalesce(:user, user),
      updated_at = :now
    WHERE id = :id AND removed_at IS NULL RETURNING *`);
  // Several hosts may renew and be refused at once: whoever says that it is good again lets go what anybody held up.
  const letGo = query(`
    UPDATE jobs INDEXED BY jobs_lane SET reason = 'ready', run_at = :now, updated_at = :now
    WHERE state = 'waiting' AND account_id = :id AND reason = 'login'`);
  const running = query(
    "SELECT 1 FROM jobs INDEXED BY jobs_open WHERE open_state = 'running' AND account_id = :id LIMIT 1",
  );
  const dropWaiting = query(`
    UPDATE jobs INDEXED BY jobs_lane ${SET_CANCELLED} WHERE account_id = :id AND state = 'waiting'`);
  const drop = query('UPDATE accounts SET removed_at = :now, updated_at = :now WHERE id = :id');

  const known = remembered(connection, 'accounts', function* () {
    return (yield* all.all()).map(accountOf);
  });

  return {
    save: (account, now) =>
      write(function* () {
        const values: Values = {
          platform: account.platform,
          remoteId: account.remoteId,
          handle: account.handle,
          name: account.name,
          user: account.user,
          scopes: JSON.stringify(account.scopes),
          expiresAt: account.expiresAt ?? null,
          breaksAt: account.breaksAt ?? null,
          settings: JSON.stringify(account.settings),
          now,
        };
        known.forget();
        return accountOf((yield* upsert.get(values)) as AccountColumns);
      }),
    get: (id) =>
      read(function* () {
        const row = yield* one.get({ id });
        return row && accountOf(row);
      }),
    list: ({ user, platform } = {}) =>
      read(function* () {
        return (yield* known.all()).filter(
          (one) =>
            (user === undefined || one.user === user) &&
            (platform === undefined || one.platform === platform),
        );
      }),
    update: (id, fields, now) =>
      write(function* () {
        known.forget();
        const row = yield* change.get({
          id,
          status: fields.status ?? null,
          expiresAt: fields.expiresAt ?? null,
          breaksAt: fields.breaksAt ?? null,
          scopes: jsonOrNull(fields.scopes),
          settings: jsonOrNull(fields.settings),
          paused: fields.paused === undefined ? null : flag(fields.paused),
          handle: fields.handle ?? null,
          name: fields.name ?? null,
          user: fields.user ?? null,
          now,
        });
        if (!row) throw noAccount(id);
        if (fields.status === 'ok') yield* letGo.run({ id, now });
        return accountOf(row);
      }),
    remove: (id, now) =>
      write(function* () {
        const row = yield* one.get({ id });
        if (!row) throw noAccount(id);
        if (yield* running.get({ id })) {
          throw new Failure('E_WRONG_STATE', {
            message: `A job of ${row.platform}:${row.handle} is running.`,
            hint: 'Wait until it has ended, then try again.',
          });
        }
        yield* dropWaiting.run({ id, error: null, doubt, now });
        known.forget();
        yield* drop.run({ id, now });
      }),
  };
}

function noAccount(id: number): Failure {
  return new Failure('E_UNKNOWN_ACCOUNT', { message: `There is no account with the id ${id}.` });
}
