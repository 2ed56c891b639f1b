import type { Connection } from '../connection.ts';
import type { SecretTable } from '../secret-types.ts';

interface Columns {
  name: string;
  data_key: string;
  kdf: string;
  wrapped: string;
  created_at: number;
}

/** Changes of the keys come one after the other, over all hosts: two that make the vault at once must end with one data key. */
const LOCK = ['vault keys'];

export function secretTable({ query, read, write }: Connection): SecretTable {
  const keys = query<Columns>('SELECT * FROM vault_keys ORDER BY name');
  const putKey = query(`
    INSERT INTO vault_keys (name, data_key, kdf, wrapped, created_at) VALUES (:name, :dataKey, :kdf, :wrapped, :createdAt)
    ON CONFLICT (name) DO UPDATE SET kdf = excluded.kdf, wrapped = excluded.wrapped, created_at = excluded.created_at`);
  const removeKey = query('DELETE FROM vault_keys WHERE name = :name');
  const entry = query<{ sealed: string }>('SELECT sealed FROM vault_entries WHERE name = :name');
  const put = query(`
    INSERT INTO vault_entries (name, sealed) VALUES (:name, :sealed)
    ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed`);
  const remove = query('DELETE FROM vault_entries WHERE name = :name');

  return {
    keys: () =>
      read(function* () {
        return (yield* keys.all()).map(({ name, data_key, kdf, wrapped, created_at }) => ({
          name,
          dataKey: data_key,
          kdf,
          wrapped,
          createdAt: created_at,
        }));
      }),
    putKey: (key) =>
      write(function* () {
        if ((yield* keys.all()).some(({ data_key }) => data_key !== key.dataKey)) return false;
        yield* putKey.run({ ...key });
        return true;
      }, LOCK),
    removeKey: (name) =>
      write(function* () {
        const all = yield* keys.all();
        if (all.length < 2) return false;
        return (yield* removeKey.run({ name })).changes > 0;
      }, LOCK),
    get: (name) =>
      read(function* () {
        return (yield* entry.get({ name }))?.sealed;
      }),
    put: (name, sealed) =>
      write(
        function* () {
          yield* put.run({ name, sealed });
        },
        [`vault ${name}`],
      ),
    remove: (name) =>
      write(
        function* () {
          yield* remove.run({ name });
        },
        [`vault ${name}`],
      ),
  };
}
