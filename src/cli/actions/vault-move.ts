import { Failure } from '../../core/failure.ts';
import type { HostRow } from '../../store/types.ts';
import { type HomeVaultKind, vaultKinds } from '../../vault/open.ts';
import { schemaVersion } from '../../web/views.ts';
import type { App } from '../app.ts';
import type { Turn } from '../command.ts';
import { saveSetting } from '../config.ts';
import { counted } from '../counted.ts';
import { takeHome } from '../home.ts';
import { kindIn, vaultOfHome } from '../home-vault.ts';
import { hostName } from '../host-name.ts';
import { stateOf } from '../hosts.ts';
import { moveSecrets, unfinishedMove } from '../vault-move.ts';
import { VAULT_KEY } from '../vault-names.ts';

/** Takes every secret into another vault, under the home’s lock and while no other host works. */
export async function moveVault(turn: Turn, flags: { from?: string }, text: string): Promise<undefined> {
  const { app, print, note } = turn;
  const to = kindOf(text);
  refuseEnvironment(app, to);
  const lock = await takeHome(app);
  try {
    const { meta, hosts } = await app.store();
    const remembered = kindIn(await meta.get(VAULT_KEY));
    const inUse = kindIn(app.config.text('vault')) ?? remembered;
    const from = await oldKind(app, flags.from, { to, remembered, inUse });
    const others = (await hosts.list()).filter(({ name }) => name !== hostName(app));
    if (remembered !== to) refuseAtWork(others, app.clock.now());
    const opened = { from: await vaultOfHome(app, from), to: await vaultOfHome(app, to) };
    const { moved, left } = await moveSecrets({
      meta,
      host: hostName(app) ?? '',
      ...opened,
      toIsInUse: inUse === to,
      async change() {
        if (app.config.origin('vault') === 'file') saveSetting(app.files.config, 'vault', to);
        await meta.set(VAULT_KEY, to);
      },
    });
    print({ schemaVersion, from, to, secrets: moved, left }, () =>
      [
        `${counted(moved, 'secret')} moved to ${opened.to.description}.`,
        ...(left.length === 0
          ? []
          : [
              `${opened.from.description} keeps ${left.join(', ')}: the new vault has another secret of that name, which is in use.`,
            ]),
      ].join('\n'),
    );
    if (to !== 'database' && others.length > 0)
      note('Other hosts of this store find no secrets now. Let only this one work, or move them back.');
  } finally {
    lock.release();
  }
}

function kindOf(text: string): HomeVaultKind {
  const kind = kindIn(text);
  if (kind) return kind;
  throw new Failure('E_USAGE', {
    message: `There is no vault “${text}”.`,
    hint: `Use one of: ${vaultKinds.join(', ')}.`,
    command: 'repost help vaults',
  });
}

interface Kinds {
  to: HomeVaultKind;
  /** What the store says. */
  remembered: HomeVaultKind | undefined;
  /** What this home asks, by its setting or else by the store. */
  inUse: HomeVaultKind | undefined;
}

/** Where the secrets are that are not in `to`: named, of a move that was cut off, or what the store or this home has. */
async function oldKind(app: App, named: string | undefined, kinds: Kinds): Promise<HomeVaultKind> {
  const { to, remembered, inUse } = kinds;
  if (named !== undefined && kindOf(named) !== to) return kindOf(named);
  const { meta } = await app.store();
  const unfinished = await unfinishedMove(meta, hostName(app) ?? '');
  const candidates = [unfinished?.to === to ? unfinished.from : undefined, remembered, inUse];
  const found = candidates.find((kind) => kind !== undefined && kind !== to);
  if (found) return found;
  if (inUse === to)
    throw new Failure('E_EXISTS', {
      message: `The secrets are in the vault “${to}” already.`,
      hint: 'What another vault still has comes with: --from KIND.',
      command: 'repost vault',
    });
  throw new Failure('E_NOT_FOUND', {
    message: 'This home has no secrets yet.',
    hint: `Choose the vault with: repost config set vault ${to}`,
    command: `repost config set vault ${to}`,
  });
}

/** After the move this home must look into the new vault, whatever its environment says. */
function refuseEnvironment(app: App, to: HomeVaultKind): void {
  if (app.config.origin('vault') !== 'environment' || app.config.text('vault') === to) return;
  throw new Failure('E_CONFIG', {
    message: `REPOST_VAULT says that the vault is “${app.config.text('vault')}”, so this command can’t change that.`,
    hint: `Take it out of the environment, also of the daemon’s, and set it instead: repost config set vault ${app.config.text('vault')}. Then run this again.`,
  });
}

/** A host that works has its vault open: what it renews in the old one would be lost. */
function refuseAtWork(others: readonly HostRow[], now: number): void {
  const names = others.filter((host) => ['working', 'draining'].includes(stateOf(host, now)));
  if (names.length === 0) return;
  throw new Failure('E_STORE_IN_USE', {
    message: `At work on this store: ${names.map(({ name }) => name).join(', ')}.`,
    hint: 'Stop repost on every host, and run the command again.',
    command: 'repost hosts',
  });
}
