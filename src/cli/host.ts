import { isAbsolute } from 'node:path';
import type { HostCheck, MediaHost } from '../core/host.ts';
import { hostTrouble } from '../core/host.ts';
import { folderHost } from '../media/host-folder.ts';
import { s3Host } from '../media/host-s3.ts';
import { rememberSecret } from '../net/redact.ts';
import { readHostSecret } from '../vault/host.ts';
import type { App } from './app.ts';
import { type Config, openConfig } from './config.ts';

/**
 * The user's media host as it is set now: the config file is read anew, so that a running daemon follows.
 * Undefined where there is none. Throws E_HOST where a setting is missing or makes no sense.
 */
export async function openHost(app: App): Promise<MediaHost | undefined> {
  const config = openConfig(app.files.config, app.io.env);
  const http = (await app.net()).plain();
  switch (config.text('host.kind')) {
    case 'folder':
      return folderHost({ folder: folderOf(app, config), publicBase: addressOf(app, config), http });
    case 's3': {
      const secretAccessKey = await readHostSecret(await app.vault());
      if (secretAccessKey === undefined)
        throw hostTrouble(
          app.clock,
          'The secret key of the bucket is not in the vault.',
          'Give it: repost host set s3 --secret-key-stdin.',
        );
      rememberSecret(secretAccessKey);
      return s3Host({
        endpoint: endpointOf(app, config),
        bucket: needed(app, config, 'host.s3.bucket', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u),
        region: needed(app, config, 'host.s3.region', /^[\w-]+$/u),
        prefix: prefixOf(app, config),
        accessKeyId: needed(app, config, 'host.s3.accessKeyId', /^\S+$/u),
        secretAccessKey,
        publicBase: config.text('host.url') === '' ? '' : addressOf(app, config),
        http,
      });
    }
    default:
      return undefined;
  }
}

/**
 * What `repost host check` and `repost doctor` show; undefined where no host is set. Never throws for what the
 * check finds, E_HOST where a setting is missing.
 */
export async function checkMediaHost(
  app: App,
): Promise<{ host: MediaHost; checks: HostCheck[] } | undefined> {
  const host = await openHost(app);
  return host && { host, checks: await host.check() };
}

type TextKey = 'host.s3.bucket' | 'host.s3.region' | 'host.s3.accessKeyId';

function needed(app: App, config: Config, key: TextKey, shape: RegExp): string {
  const text = config.text(key);
  if (shape.test(text)) return text;
  throw hostTrouble(
    app.clock,
    text === '' ? `The setting ${key} is missing.` : `The setting ${key} can’t be “${text}”.`,
    'Set it: repost host set s3 --help.',
  );
}

function endpointOf(app: App, config: Config): string {
  const text = config.text('host.s3.endpoint');
  if (isWebAddress(text.replace('{bucket}', 'bucket'))) return text;
  throw hostTrouble(
    app.clock,
    'host.s3.endpoint must be the https address of the service.',
    'For example: repost host set s3 --endpoint https://s3.eu-central-1.amazonaws.com.',
  );
}

function prefixOf(app: App, config: Config): string {
  const text = config.text('host.s3.prefix');
  if (/^(?!\/)[\w./-]*$/u.test(text) && !text.includes('..')) return text;
  throw hostTrouble(
    app.clock,
    'host.s3.prefix has letters, digits, and - _ . / only, and no / at its start.',
  );
}

function folderOf(app: App, config: Config): string {
  const text = config.text('host.folder');
  if (isAbsolute(text)) return text;
  throw hostTrouble(
    app.clock,
    'host.folder must be the whole path of a folder that your web server serves.',
    'Set it: repost host set folder --folder DIR --url URL.',
  );
}

function addressOf(app: App, config: Config): string {
  const text = config.text('host.url');
  if (isWebAddress(text)) return text;
  throw hostTrouble(
    app.clock,
    'host.url must be the public address of the folder.',
    'For example: repost host set folder --folder /var/www/videos --url https://example.com/videos.',
  );
}

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, search, hash } = new URL(text);
  return /^https?:$/u.test(protocol) && username === '' && search === '' && hash === '';
}
