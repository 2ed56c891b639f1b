import { Failure } from '../../core/failure.ts';
import { isSettingKey, type SettingKey, settingSpecs } from '../../core/settings.ts';
import { isTimeZone } from '../../core/wall-clock.ts';
import { schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { saveSetting, unknownKey } from '../config.ts';
import { table, tableWidth } from '../table.ts';

function view({ app }: Turn, key: SettingKey) {
  return {
    schemaVersion,
    key,
    value: app.config.text(key),
    origin: app.config.origin(key),
    title: settingSpecs[key].title,
  };
}

export async function listConfig(turn: Turn, options: { showOrigin?: boolean }): Promise<undefined> {
  const views = (Object.keys(settingSpecs) as SettingKey[]).map((key) => view(turn, key));
  turn.print(views, () =>
    table(
      options.showOrigin ? ['KEY', 'VALUE', 'FROM', ''] : ['KEY', 'VALUE', ''],
      views.map(({ key, value, origin, title }) =>
        options.showOrigin ? [key, value || '–', origin, title] : [key, value || '–', title],
      ),
      tableWidth(turn.app.io),
    ),
  );
}

export async function getConfig(turn: Turn, _options: unknown, key: string): Promise<undefined> {
  if (!isSettingKey(key)) throw unknownKey(key);
  const one = view(turn, key);
  turn.print(one, () => one.value);
}

export async function setConfig(
  turn: Turn,
  _options: unknown,
  key: string,
  value: string,
): Promise<undefined> {
  await checkNew(key, value);
  saveSetting(turn.app.files.config, key, value);
  turn.app.nudge();
  turn.print({ schemaVersion, key, value, origin: 'file' }, () => `${key} = ${value}`);
}

/** What only its user knows how to read is asked of that before it is kept: a password in an address must never be. Throws E_CONFIG. */
async function checkNew(key: string, value: string): Promise<void> {
  if (value === '') return;
  switch (key) {
    case 'timezone':
      if (isTimeZone(value)) return;
      throw new Failure('E_CONFIG', {
        message: `There is no time zone “${value}”.`,
        hint: 'Give an IANA name such as Europe/Rome or America/New_York.',
      });
    case 'store':
      (await import('../../store/postgres/address.ts')).addressOf(value);
      return;
    case 'daemon.http':
      if (value !== 'off') (await import('../../web/door.ts')).readAddress(value);
      return;
    case 'host.url':
    case 'daemon.http.origin':
      if (URL.canParse(value) && /^https?:$/u.test(new URL(value).protocol)) return;
      throw new Failure('E_CONFIG', {
        message: `${key} can’t be “${value}”.`,
        hint: 'It is an address that begins with https:// (or http://).',
      });
  }
}

export async function unsetConfig(turn: Turn, _options: unknown, key: string): Promise<undefined> {
  saveSetting(turn.app.files.config, key, null);
  turn.app.nudge();
  const value = isSettingKey(key) ? settingSpecs[key].default : '';
  turn.print({ schemaVersion, key, value, origin: 'default' }, () => `${key} = ${value || '–'} (default)`);
}

export async function showPaths({ app, print }: Turn): Promise<undefined> {
  print({ schemaVersion, ...app.paths, database: app.files.database }, () =>
    Object.entries({ ...app.paths, database: app.files.database })
      .map(([name, path]) => `${name.padEnd(9)} ${path}`)
      .join('\n'),
  );
}
