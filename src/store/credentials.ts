import type { Connection } from './connection.ts';
import type { CredentialRow, CredentialStore } from './types.ts';

interface Columns {
  id: string;
  kind: CredentialRow['kind'];
  name: string;
  user: string | null;
  role: CredentialRow['role'];
  hash: string;
  job_id: number | null;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
}

/** What opens the local API: tokens, sessions, one-time codes, approval links. */
export function credentialStore({ query, read, write, writeLazily }: Connection): CredentialStore {
  const insert = query<Columns>(`
    INSERT INTO credentials (id, kind, name, user, role, hash, job_id, created_at, expires_at)
    VALUES (:id, :kind, :name, :user, :role, :hash, :jobId, :now, :expiresAt) RETURNING *`);
  const one = query<Columns>('SELECT * FROM credentials WHERE id = :id');
  const all = query<Columns>('SELECT * FROM credentials WHERE kind = :kind ORDER BY created_at, id');
  const use = query('UPDATE credentials SET last_used_at = :now WHERE id = :id');
  const erase = query<Columns>('DELETE FROM credentials WHERE id = :id AND kind = :kind RETURNING *');
  const eraseOf = query('DELETE FROM credentials WHERE user = :user');
  const prune = query('DELETE FROM credentials WHERE expires_at <= :now');

  return {
    add: (row, now) =>
      write(function* () {
        yield* prune.run({ now });
        return rowOf((yield* insert.get({ ...row, now })) as Columns);
      }),
    get: (id) =>
      read(function* () {
        const row = yield* one.get({ id });
        return row && rowOf(row);
      }),
    list: (kind) =>
      read(function* () {
        return (yield* all.all({ kind })).map(rowOf);
      }),
    touch: (id, now) =>
      writeLazily(function* () {
        yield* use.run({ id, now });
      }),
    take: (id, kind) =>
      write(function* () {
        const row = yield* erase.get({ id, kind });
        return row && rowOf(row);
      }),
    removeOf: (user) =>
      write(function* () {
        return (yield* eraseOf.run({ user })).changes;
      }),
  };
}

function rowOf(row: Columns): CredentialRow {
  const { id, kind, name, user, role, hash } = row;
  return {
    id,
    kind,
    name,
    user,
    role,
    hash,
    jobId: row.job_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
