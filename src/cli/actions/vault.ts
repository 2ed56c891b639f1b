import { existsSync, readFileSync } from 'node:fs';
import type { Vault, VaultRead } from '../../core/vault.ts';
import { parseFile } from '../../vault/file-format.ts';
import { iso, schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { hostName } from '../host-name.ts';
import { unfinishedMove } from '../vault-move.ts';
import { isCarried, namesInVault } from '../vault-names.ts';

/** Which vault, whether it opens, who else has a key, and what a move or another vault left behind. */
export async function showVault({ app, print }: Turn): Promise<undefined> {
  const { meta, secrets: table } = await app.store();
  const vault = await app.vault();
  const names = await namesInVault(meta);
  const { state, detail } = await stateOf(vault, names);
  const keys = ((await table?.keys()) ?? []).map(({ name, createdAt }) => ({
    name,
    createdAt: iso(createdAt),
  }));
  const { kind, description } = vault;
  const unfinished = await unfinishedMove(meta, hostName(app) ?? '');
  const leftInFile = kind === 'file' ? 0 : secretsInFile(app.files.vault);
  const view = {
    schemaVersion,
    kind,
    description,
    state,
    detail,
    secrets: names.length,
    keys,
    leftInFile,
    unfinishedMove: unfinished ? { from: unfinished.from, to: unfinished.to } : null,
  };
  print(view, () =>
    [
      `${kind}: ${description}, ${counted(names.length, 'secret')}${said[state]}`,
      ...(detail === null ? [] : [detail]),
      ...keys.map(({ name, createdAt }) => `It opens for ${name} since ${createdAt}.`),
      ...(unfinished
        ? [`The move from “${unfinished.from}” was cut off. To end it: repost vault move ${unfinished.to}`]
        : []),
      ...(leftInFile > 0 && !unfinished
        ? [
            `${app.files.vault} has ${counted(leftInFile, 'secret')} too. To take over what is missing here: repost vault move ${kind} --from file`,
          ]
        : []),
    ].join('\n'),
  );
}

type State = 'open' | 'empty' | 'missing' | 'locked' | 'unreachable' | 'corrupt';

const said: Readonly<Record<State, string>> = {
  open: ', open',
  empty: '',
  missing: ', and none of them is here',
  locked: ', locked',
  unreachable: ', does not answer',
  corrupt: ', damaged',
};

/** By reading: a vault that nobody has used yet is not made by a look. */
async function stateOf(
  vault: Vault,
  names: readonly string[],
): Promise<{ state: State; detail: string | null }> {
  for (const name of names) {
    const found: VaultRead = await vault.read(name);
    if (found.state === 'found') return { state: 'open', detail: null };
    if (found.state !== 'absent') return { state: found.state, detail: found.detail };
  }
  return { state: names.length === 0 ? 'empty' : 'missing', detail: null };
}

/** Names in it are readable without its passphrase. */
function secretsInFile(path: string): number {
  if (!existsSync(path)) return 0;
  try {
    return [...parseFile(readFileSync(path, 'utf8'), path).entries.keys()].filter(isCarried).length;
  } catch {
    return 0;
  }
}
