import { Failure } from '../../core/failure.ts';
import { type MovePlan, moveStore, planMove } from '../../store/moving/move.ts';
import type { Side, StoreFacts } from '../../store/moving/side.ts';
import { schemaVersion } from '../../web/views.ts';
import type { App } from '../app.ts';
import type { Turn } from '../command.ts';
import { saveSetting } from '../config.ts';
import { counted } from '../counted.ts';
import { takeHome } from '../home.ts';

/** The side of a move at an address, or at this home’s own file where that is empty. */
async function sideAt(app: App, address: string): Promise<Side> {
  if (address !== '') {
    const { postgresSide } = await import('../../store/moving/postgres-side.ts');
    return postgresSide(address, app.io.env);
  }
  const { sqliteSide } = await import('../../store/moving/sqlite-side.ts');
  return sqliteSide(app.files.database, app.clock);
}

export async function showStore({ app, print }: Turn): Promise<undefined> {
  const side = await sideAt(app, app.config.text('store'));
  try {
    const facts = await side.facts();
    const hosts = facts.schema === null ? [] : await side.activeHosts();
    const place = await side.place();
    const movedTo = place?.state === 'moved' ? place.other : null;
    print({ schemaVersion, ...facts, hosts, movedTo }, () =>
      [
        `${nameOf(facts)}: ${facts.where}`,
        facts.schema === null
          ? 'Nothing is in it yet.'
          : `schema ${facts.schema}, ${facts.bytes} bytes: ${contents(facts)}`,
        ...(hosts.length === 0 ? [] : [`Seen there within the last minute: ${hosts.join(', ')}.`]),
        ...(movedTo === null ? [] : [`It is not in use any more: it was moved to ${movedTo}.`]),
      ].join('\n'),
    );
  } finally {
    await side.close();
  }
}

/** Moves the home’s store under the home’s lock, then points the home to where it is. */
export async function migrateStore(turn: Turn, flags: { to: string; dryRun?: boolean }): Promise<undefined> {
  const { app } = turn;
  const present = app.config.text('store');
  const address = flags.to === 'sqlite' ? '' : flags.to;
  if (app.config.origin('store') === 'environment')
    throw new Failure('E_CONFIG', {
      message: 'REPOST_STORE says where the store is, so this command can’t change that.',
      hint: 'Take it out of the environment and set it instead: repost config set store ADDRESS.',
    });
  if (address === present)
    throw new Failure('E_EXISTS', { message: 'The store is there already.', command: 'repost store' });
  const lock = await takeHome(app);
  const [from, to] = [await sideAt(app, present), await sideAt(app, address)];
  try {
    await refuseVault(from);
    const before = await from.facts();
    const plan = await planMove({ from, to });
    if (flags.dryRun) return sayPlan(turn, plan, before, await to.facts());
    const { tables } = await moveStore({ from, to });
    saveSetting(app.files.config, 'store', address === '' ? null : address);
    const after = await to.facts();
    turn.print({ schemaVersion, plan, from: before, to: after, tables, dryRun: false }, () =>
      [
        plan === 'move'
          ? `Moved to ${after.where}: ${contents(after)}. Each of ${tables.length} tables was read back and compared.`
          : `The move to ${after.where} was ${plan === 'finish' ? 'finished' : 'done already'}; this home uses it now.`,
        `${before.where} is not in use any more, and refuses every change.`,
      ].join('\n'),
    );
  } finally {
    await from.close();
    await to.close();
    lock.release();
  }
}

/** Secrets that lie in the old store itself would stay behind. */
async function refuseVault(from: Side): Promise<void> {
  if ((await from.value('vault.kind')) !== 'database') return;
  throw new Failure('E_CONFIG', {
    message: 'The secrets are in the vault of the database, which does not move with the store.',
    hint: 'Move them into another vault first; where the store goes to another server, back afterwards.',
    command: 'repost vault move file',
  });
}

function sayPlan({ print }: Turn, plan: MovePlan, from: StoreFacts, to: StoreFacts): undefined {
  const said: Record<MovePlan, string> = {
    move: `Would move ${contents(from)} from ${from.where} to ${to.where}, and close ${from.where} for good.`,
    finish: `Would finish the move to ${to.where} that was cut off.`,
    done: `Would point this home to ${to.where}, where everything is already.`,
  };
  print({ schemaVersion, plan, from, to, tables: [], dryRun: true }, () => said[plan]);
}

const nameOf = ({ kind }: StoreFacts) =>
  kind === 'sqlite' ? 'A file of this home (SQLite)' : 'A PostgreSQL server';

function contents({ counts }: StoreFacts): string {
  return Object.entries(counts)
    .map(([noun, n]) => counted(n, noun.slice(0, -1)))
    .join(', ');
}
