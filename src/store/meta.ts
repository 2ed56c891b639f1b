import type { Connection } from './connection.ts';
import type { Store } from './types.ts';

/** The last of all characters. */
const LAST = String.fromCodePoint(0x10ffff);

/** Small named values. */
export function metaStore({ query, read, write }: Connection): Store['meta'] {
  const select = query<{ value: string }>('SELECT value FROM meta WHERE key = :key');
  const upsert = query(
    'INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  // A prefix as a range: a LIKE would not use the key’s index, and reads `_` as any character.
  const keys = query<{ key: string }>(
    'SELECT key FROM meta WHERE key >= :prefix AND key < :prefix || :last ORDER BY key',
  );
  const erase = query('DELETE FROM meta WHERE key = :key');

  return {
    get: (key) =>
      read(function* () {
        return (yield* select.get({ key }))?.value;
      }),
    set: (key, value) =>
      write(function* () {
        yield* upsert.run({ key, value });
      }),
    keys: (prefix) =>
      read(function* () {
        return (yield* keys.all({ prefix, last: LAST })).map(({ key }) => key);
      }),
    remove: (key) =>
      write(function* () {
        yield* erase.run({ key });
      }),
  };
}
