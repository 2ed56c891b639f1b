import type { Connection } from './connection.ts';
import type { Store } from './types.ts';

/** Small named values. */
export function metaStore({ query, read, write }: Connection): Store['meta'] {
  const select = query<{ value: string }>('SELECT value FROM meta WHERE key = :key');
  const upsert = query(
    'INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const erase = query('DELETE FROM meta WHERE key = :key');

  return {
    get: (key) => read(() => select.get({ key })?.value),
    set: (key, value) => write(() => void upsert.run({ key, value })),
    remove: (key) => write(() => void erase.run({ key })),
  };
}
