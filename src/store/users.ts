import type { Connection } from './connection.ts';
import { parse } from './rows.ts';
import type { UserRow, UserStore } from './types.ts';

interface Row {
  name: string;
  role: UserRow['role'];
  limits: string;
  created_at: number;
}

/** Owners of accounts and rules on this machine. */
export function userStore({ query, read, write }: Connection): UserStore {
  const upsert = query<Row>(`
    INSERT INTO users (name, role, limits, created_at) VALUES (:name, :role, :limits, :now)
    ON CONFLICT (name) DO UPDATE SET role = excluded.role, limits = excluded.limits RETURNING *`);
  const all = query<Row>('SELECT * FROM users ORDER BY name');
  const erase = query('DELETE FROM users WHERE name = :name');

  return {
    save: (user, now) =>
      write(function* () {
        const values = { name: user.name, role: user.role, limits: JSON.stringify(user.limits), now };
        return userOf((yield* upsert.get(values)) as Row);
      }),
    list: () =>
      read(function* () {
        return (yield* all.all()).map(userOf);
      }),
    remove: (name) =>
      write(function* () {
        return (yield* erase.run({ name })).changes > 0;
      }),
  };
}

function userOf(row: Row): UserRow {
  return { name: row.name, role: row.role, limits: parse(row.limits), createdAt: row.created_at };
}
