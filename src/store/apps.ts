import type { App } from '../core/account.ts';
import type { PlatformId } from '../core/names.ts';
import type { Connection } from './connection.ts';
import { parse, present } from './rows.ts';
import type { AppStore } from './types.ts';

interface Row {
  platform: PlatformId;
  host: string;
  client_id: string;
  redirect_uri: string | null;
  settings: string;
}

/** Developer apps, without their secrets: those are in the vault. */
export function appStore({ query, read, write }: Connection): AppStore {
  const upsert = query(`
    INSERT INTO apps (platform, host, client_id, redirect_uri, settings, updated_at)
    VALUES (:platform, :host, :clientId, :redirectUri, :settings, :now)
    ON CONFLICT (platform, host) DO UPDATE SET client_id = excluded.client_id, redirect_uri = excluded.redirect_uri,
      settings = excluded.settings, updated_at = excluded.updated_at`);
  const one = query<Row>('SELECT * FROM apps WHERE platform = :platform AND host = :host');
  const all = query<Row>('SELECT * FROM apps ORDER BY platform, host');
  const erase = query('DELETE FROM apps WHERE platform = :platform AND host = :host');

  return {
    save: (app, now) =>
      write(function* () {
        yield* upsert.run({
          platform: app.platform,
          host: app.host,
          clientId: app.clientId,
          redirectUri: app.redirectUri ?? null,
          settings: JSON.stringify(app.settings),
          now,
        });
      }),
    get: (platform, host = '') =>
      read(function* () {
        const row = yield* one.get({ platform, host });
        return row && appOf(row);
      }),
    list: () =>
      read(function* () {
        return (yield* all.all()).map(appOf);
      }),
    remove: (platform, host = '') =>
      write(function* () {
        return (yield* erase.run({ platform, host })).changes > 0;
      }),
  };
}

function appOf(row: Row): Omit<App, 'clientSecret'> {
  return {
    platform: row.platform,
    host: row.host,
    clientId: row.client_id,
    settings: parse(row.settings),
    ...present({ redirectUri: row.redirect_uri }),
  };
}
