import { Failure } from '../../core/failure.ts';
import { isUserLimit, readUserLimit, sayUserLimit, userLimits } from '../../core/user-limits.ts';
import type { UserRow } from '../../store/types.ts';
import { allUsers, countHoldings, removeFreeUser } from '../../web/users.ts';
import { userView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findUser } from '../find.ts';
import { checkName } from '../rule-parts.ts';
import { table, tableWidth } from '../table.ts';
import { parseRole } from './tokens.ts';

interface UserOptions {
  role?: string;
  limit?: string[];
}

export async function listUsers({ app, print }: Turn): Promise<undefined> {
  const store = await app.store();
  const rows = await Promise.all(
    (await allUsers(store)).map(async (user) => ({ user, has: await countHoldings(store, user.name) })),
  );
  print(
    rows.map(({ user, has }) => userView(user, has)),
    () =>
      table(
        ['USER', 'ROLE', 'ACCOUNTS', 'RULES', 'LIMITS'],
        rows.map(({ user, has }) => [
          user.name,
          user.role,
          String(has.accounts),
          String(has.rules),
          limitsText(user) || 'none',
        ]),
        tableWidth(app.io),
        4,
      ),
  );
}

export async function addUser(
  { app, print }: Turn,
  options: UserOptions & { role: string },
  name: string,
): Promise<undefined> {
  const store = await app.store();
  checkName(name);
  if ((await allUsers(store)).some((user) => user.name === name))
    throw new Failure('E_EXISTS', { message: `There is a user “${name}” already.` });
  const user = { name, role: parseRole(options.role), limits: limitsFrom({}, options.limit ?? []) };
  const row = await store.users.save(user, app.clock.now());
  app.nudge();
  print(userView(row, await countHoldings(store, name)), () => `${name} is a user now, as ${row.role}.`);
}

export async function setUser({ app, print }: Turn, options: UserOptions, name: string): Promise<undefined> {
  const store = await app.store();
  const before = await findUser(store, name);
  if (options.role === undefined && options.limit === undefined)
    throw new Failure('E_MISSING_ANSWER', { message: 'What shall change?', hint: 'Give --role or --limit.' });
  const row = await store.users.save(
    {
      name,
      role: options.role === undefined ? before.role : parseRole(options.role),
      limits: limitsFrom(before.limits, options.limit ?? []),
    },
    app.clock.now(),
  );
  app.nudge();
  print(
    userView(row, await countHoldings(store, name)),
    () => `${name}: ${row.role}; limits: ${limitsText(row) || 'none'}.`,
  );
}

export async function removeUser({ app, print }: Turn, _options: unknown, name: string): Promise<undefined> {
  const store = await app.store();
  const row = await findUser(store, name);
  const has = await countHoldings(store, name);
  await removeFreeUser(store, row, has);
  app.nudge();
  print(userView(row, has), () => `${name} is no longer a user.`);
}

function limitsFrom(
  before: Readonly<Record<string, number>>,
  texts: readonly string[],
): Record<string, number> {
  const limits = { ...before };
  for (const text of texts) {
    const [name = '', value = ''] = text.split('=');
    if (!isUserLimit(name))
      throw new Failure('E_USAGE', {
        message: `There is no limit “${name}”.`,
        hint: `Give NAME=VALUE; limits: ${Object.keys(userLimits).join(', ')}.`,
      });
    if (value === 'none') delete limits[userLimits[name].key];
    else limits[userLimits[name].key] = readUserLimit(name, value);
  }
  return limits;
}

function limitsText({ limits }: UserRow): string {
  return Object.entries(userLimits)
    .filter(([, { key }]) => limits[key] !== undefined)
    .map(([name, { key }]) => `${name}=${sayUserLimit(name, limits[key] ?? 0)}`)
    .join(' ');
}
