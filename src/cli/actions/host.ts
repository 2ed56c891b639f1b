import { resolve } from 'node:path';
import { asFailure, Failure } from '../../core/failure.ts';
import type { MediaHost } from '../../core/host.ts';
import type { SettingKey } from '../../core/settings.ts';
import { withdrawAll } from '../../engine/hosting.ts';
import { registry } from '../../platforms/index.ts';
import { readHostSecret, removeHostSecret, saveHostSecret } from '../../vault/host.ts';
import { journalSeal } from '../../vault/seal.ts';
import { schemaVersion } from '../../web/views.ts';
import { ask } from '../ask.ts';
import type { Turn } from '../command.ts';
import { openConfig, saveSetting } from '../config.ts';
import { checkMediaHost, openHost } from '../host.ts';
import { readStdin } from '../io.ts';

interface S3Options {
  endpoint?: string;
  bucket?: string;
  region?: string;
  prefix?: string;
  accessKeyId?: string;
  secretKeyStdin?: boolean;
  url?: string;
}

export async function setBucket(turn: Turn, options: S3Options): Promise<undefined> {
  const vault = await turn.app.vault();
  await vault.probe();
  const secret = await secretFrom(turn, options, (await readHostSecret(vault)) !== undefined);
  await change(turn, async () => {
    if (secret !== undefined) await saveHostSecret(vault, secret);
    save(turn, {
      'host.kind': 's3',
      'host.folder': null,
      'host.url': options.url ?? (kindOf(turn) === 's3' ? undefined : null),
      'host.s3.endpoint': options.endpoint,
      'host.s3.bucket': options.bucket,
      'host.s3.region': options.region,
      'host.s3.prefix': options.prefix,
      'host.s3.accessKeyId': options.accessKeyId,
    });
  });
}

export async function setFolder(turn: Turn, options: { folder: string; url: string }): Promise<undefined> {
  await change(turn, async () =>
    save(turn, {
      'host.kind': 'folder',
      'host.folder': resolve(options.folder),
      'host.url': options.url,
    }),
  );
}

export async function showHost(turn: Turn): Promise<undefined> {
  const view = await hostView(turn);
  turn.print(view, () => {
    if (view.kind === 'none')
      return 'No media host is set: Threads and Instagram Login need one.\nSet one: repost host set s3 --help';
    const lines =
      view.kind === 's3'
        ? [
            `bucket    ${view.s3.bucket} at ${view.s3.endpoint} (${view.s3.region})`,
            `names     ${view.s3.prefix}…`,
            `key       ${view.s3.accessKeyId}, secret ${view.s3.hasSecret ? 'in the vault' : 'missing'}`,
            `address   ${view.url ?? 'signed for each file'}`,
          ]
        : [`folder    ${view.folder}`, `address   ${view.url}`];
    return [...lines, `copies    ${view.copies} there now`].join('\n');
  });
}

export async function checkHost(turn: Turn): Promise<number> {
  turn.note('Putting a small file there, fetching it, deleting it …');
  const checked = await checkMediaHost(turn.app);
  if (!checked) throw new Failure('E_NO_HOST', { message: 'No media host is set.' });
  const { host, checks } = checked;
  turn.print({ schemaVersion, kind: host.kind, checks }, () =>
    checks.map(({ result, title, hint }) => `${result}  ${title}${hint ? `\n      ${hint}` : ''}`).join('\n'),
  );
  return checks.some(({ result }) => result === 'FAIL') ? 1 : 0;
}

export async function removeHost(turn: Turn): Promise<undefined> {
  await change(turn, async () => {
    await removeHostSecret(await turn.app.vault());
    save(turn, {
      'host.kind': null,
      'host.folder': null,
      'host.url': null,
      'host.s3.endpoint': null,
      'host.s3.bucket': null,
      'host.s3.region': null,
      'host.s3.prefix': null,
      'host.s3.accessKeyId': null,
    });
  });
}

/** Changes the host; what the old one still holds is taken away first, for the new one can't. */
async function change(turn: Turn, work: () => Promise<void>): Promise<void> {
  const { app, note, print } = turn;
  const old = await openHost(app).catch(() => undefined);
  const store = await app.store();
  await work();
  const fresh = await openHost(app);
  if (old && old.place !== fresh?.place) await leave(turn, old);
  // Copies elsewhere are made anew, and jobs that waited for a host go out now.
  for (const row of await store.hosted.list())
    if (row.place !== fresh?.place) await store.hosted.remove(row.id);
  const now = app.clock.now();
  for (const account of await store.accounts.list())
    if (fresh && registry.platform(account.platform)?.needsHost?.(account))
      await store.jobs.hold(account.id, ['media'], 'ready', now, now);
  app.nudge();
  const view = await hostView(turn);
  print(view, () => (fresh ? `The media host is the ${fresh.place}.` : 'No media host is set any more.'));
  if (fresh) note('Next: repost host check');
}

/** The old host may be dead, its key with it: then its person is told what stayed there. */
async function leave({ app, note }: Turn, old: MediaHost): Promise<void> {
  const store = await app.store();
  const seal = await journalSeal(await app.vault(), (await app.net()).lock);
  try {
    await withdrawAll({ store, seal }, old, await store.hosted.list());
  } catch (error) {
    const left = (await store.hosted.list()).filter(({ place }) => place === old.place).length;
    note(
      `note: ${left} copies could not be deleted from the ${old.place}: ${asFailure(error).message} Delete them there by hand.`,
    );
  }
}

/** Undefined leaves a setting as it is, null takes it back to its default. */
function save({ app }: Turn, values: Partial<Record<SettingKey, string | null | undefined>>): void {
  for (const [key, value] of Object.entries(values))
    if (value !== undefined) saveSetting(app.files.config, key, value);
}

function kindOf({ app }: Turn): string {
  return openConfig(app.files.config, app.io.env).text('host.kind');
}

async function hostView({ app }: Turn) {
  const config = openConfig(app.files.config, app.io.env);
  const kind = config.text('host.kind');
  const hasSecret = kind === 's3' && (await readHostSecret(await app.vault())) !== undefined;
  return {
    schemaVersion,
    kind,
    url: config.text('host.url') || null,
    folder: config.text('host.folder') || null,
    s3: {
      endpoint: config.text('host.s3.endpoint') || null,
      bucket: config.text('host.s3.bucket') || null,
      region: config.text('host.s3.region'),
      prefix: config.text('host.s3.prefix'),
      accessKeyId: config.text('host.s3.accessKeyId') || null,
      hasSecret,
    },
    copies: (await (await app.store()).hosted.list()).length,
  };
}

/** Undefined where the one in the vault stays. */
async function secretFrom(turn: Turn, options: S3Options, hasOne: boolean): Promise<string | undefined> {
  if (options.secretKeyStdin) {
    const given = (await readStdin(turn.app.io)).trim();
    if (given !== '') return given;
    throw new Failure('E_USAGE', { message: 'The secret key is empty.' });
  }
  if (hasOne) return undefined;
  const { askText } = await ask(turn, 'bucketKey');
  return (await askText('Secret access key', true)).trim();
}
