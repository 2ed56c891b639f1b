import { Failure } from '../../core/failure.ts';
import type { Store } from '../../store/types.ts';
import { addToken, LONGEST_TOKEN_MS, roles } from '../../web/credentials.ts';
import type { Role } from '../../web/deps.ts';
import { tokenView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findUser } from '../find.ts';
import { relativeText, table, tableWidth } from '../table.ts';
import { parseLength } from '../time.ts';

interface AddOptions {
  name: string;
  user?: string;
  role?: string;
  expires?: string;
}

/** Makes a token of the local API. This is the one time that it is shown. */
export async function addApiToken(turn: Turn, options: AddOptions): Promise<undefined> {
  const { app, print, note } = turn;
  const store = await app.store();
  const now = app.clock.now();
  const user = options.user === undefined ? undefined : await findUser(store, options.user);
  const expiresMs = options.expires === undefined ? undefined : parseLength(options.expires, '--expires');
  if (expiresMs !== undefined && expiresMs > LONGEST_TOKEN_MS)
    throw new Failure('E_USAGE', { message: 'A token lasts ten years at most.' });
  const { row, secret } = await addToken(
    store,
    {
      name: options.name,
      user: user?.name ?? null,
      role: options.role === undefined ? (user?.role ?? 'viewer') : parseRole(options.role),
      expiresAt: expiresMs === undefined ? null : now + expiresMs,
    },
    now,
  );
  print({ ...tokenView(row), token: secret }, () => secret);
  note('Keep it now: only its hash is stored, and it is not shown again.');
}

export async function listTokens({ app, print }: Turn): Promise<undefined> {
  const rows = await (await app.store()).credentials.list('token');
  const now = app.clock.now();
  print(rows.map(tokenView), () =>
    rows.length === 0
      ? 'No tokens yet.\nMake one: repost token add --name NAME'
      : table(
          ['ID', 'NAME', 'ROLE', 'USER', 'LAST USED', 'ENDS'],
          rows.map((row) => [
            row.id,
            row.name,
            row.role,
            row.user ?? 'all',
            row.lastUsedAt === null ? 'never' : relativeText(row.lastUsedAt, now),
            row.expiresAt === null ? 'when revoked' : relativeText(row.expiresAt, now),
          ]),
          tableWidth(app.io),
          1,
        ),
  );
}

export async function revokeToken({ app, print }: Turn, _options: unknown, id: string): Promise<undefined> {
  const row = await takeToken(await app.store(), id);
  print(tokenView(row), () => `The token “${row.name}” ends now.`);
}

async function takeToken(store: Store, id: string) {
  const row = await store.credentials.take(id, 'token');
  if (row) return row;
  throw new Failure('E_NOT_FOUND', { message: `There is no token ${id}.`, command: 'repost token list' });
}

export function parseRole(text: string): Role {
  const role = roles.find((one) => one === text);
  if (role) return role;
  throw new Failure('E_USAGE', {
    message: `There is no role “${text}”.`,
    hint: `Roles: ${roles.join(', ')}.`,
  });
}
