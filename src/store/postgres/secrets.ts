import type { Connection } from '../connection.ts';
import type { SecretTable } from '../secret-types.ts';

interface KeyColumns {
  name: string;
  data_key: string;
  kdf: string;
  wrapped: string;
  created_at: number;
}

interface EntryColumns {
  name: string;
  sealed: string;
  data_key: string;
}

/** Changes of the keys come one after the other, over all hosts: two that make the vault at once must end with one data key. */
const LOCK = ['vault keys'];

export function secretTable({ query, read, write }: Connection): SecretTable {
  const keys = query<KeyColumns>('SELECT * FROM vault_keys ORDER BY name');
  // Writers of entries hold their rows in share: so a new data key waits for them, and they see it.
  const lockedKeys = query<KeyColumns>('SELECT * FROM vault_keys ORDER BY name FOR UPDATE');
  const putKey = query(`
    INSERT INTO vault_keys (name, data_key, kdf, wrapped, created_at) VALUES (:name, :dataKey, :kdf, :wrapped, :createdAt)
    ON CONFLICT (name) DO UPDATE SET kdf = excluded.kdf, wrapped = excluded.wrapped, created_at = excluded.created_at`);
  const removeKey = query('DELETE FROM vault_keys WHERE name = :name');
  const removeKeys = query('DELETE FROM vault_keys');
  const anyEntry = query('SELECT 1 FROM vault_entries LIMIT 1');
  const entries = query<EntryColumns>('SELECT * FROM vault_entries ORDER BY name');
  const entry = query<EntryColumns>('SELECT * FROM vault_entries WHERE name = :name');
  const held = query('SELECT 1 FROM vault_keys WHERE data_key = :dataKey FOR SHARE');
  const put = query(`
    INSERT INTO vault_entries (name, sealed, data_key) VALUES (:name, :sealed, :dataKey)
    ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, data_key = excluded.data_key`);
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
        const known = yield* keys.all();
        if (known.some(({ data_key }) => data_key !== key.dataKey)) return false;
        if (known.length === 0 && (yield* anyEntry.get())) return false;
        yield* putKey.run({ ...key });
        return true;
      }, LOCK),
    removeKey: (name) =>
      write(function* () {
        const all = yield* keys.all();
        if (all.length < 2) return false;
        return (yield* removeKey.run({ name })).changes > 0;
      }, LOCK),
    rekey: (before, after, reseal) =>
      write(function* () {
        const known = yield* lockedKeys.all();
        if (sameness(known.map(({ wrapped }) => wrapped)) !== sameness(before.map(({ wrapped }) => wrapped)))
          return false;
        yield* removeKeys.run();
        for (const key of after) yield* putKey.run({ ...key });
        for (const { name, sealed } of yield* entries.all())
          yield* put.run({ name, sealed: reseal(name, sealed), dataKey: after[0]?.dataKey ?? '' });
        return true;
      }, LOCK),
    get: (name) =>
      read(function* () {
        const row = yield* entry.get({ name });
        return row && { sealed: row.sealed, dataKey: row.data_key };
      }),
    put: (name, { sealed, dataKey }) =>
      write(
        function* () {
          if ((yield* held.all({ dataKey })).length === 0) return false;
          yield* put.run({ name, sealed, dataKey });
          return true;
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

const sameness = (texts: readonly string[]) => [...texts].sort().join(' ');
