import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../core/failure.ts';
import {
  checkSetting,
  isSettingKey,
  type SettingKey,
  settingNumber,
  settingSpecs,
} from '../core/settings.ts';
import { makeFolder } from './paths.ts';
import { closest } from './suggest.ts';

export type Origin = 'flag' | 'environment' | 'file' | 'default';

export interface Config {
  text(key: SettingKey): string;
  number(key: SettingKey): number;
  origin(key: SettingKey): Origin;
  /** All of them. Throws E_CONFIG where one is not valid. */
  values(): Record<string, string>;
}

/** Flag > environment > config file > default. Throws E_CONFIG naming what is wrong. */
export function openConfig(file: string, env: NodeJS.ProcessEnv): Config {
  const stored = readConfigFile(file);
  const find = (key: SettingKey): { text: string; origin: Origin } => {
    const spec: { env?: string; default: string } = settingSpecs[key];
    const fromEnv = spec.env === undefined ? undefined : env[spec.env];
    if (fromEnv) return { text: fromEnv, origin: 'environment' };
    const fromFile = stored[key];
    if (fromFile !== undefined) return { text: fromFile, origin: 'file' };
    return { text: spec.default, origin: 'default' };
  };
  const text = (key: SettingKey) => {
    const found = find(key);
    checkSetting(key, found.text);
    return found.text;
  };
  return {
    text,
    number: (key) => settingNumber(key, text(key)),
    origin: (key) => find(key).origin,
    values: () =>
      Object.fromEntries((Object.keys(settingSpecs) as SettingKey[]).map((key) => [key, text(key)])),
  };
}

/** Stores one setting (or, with null, forgets it), the file replaced in one move. */
export function saveSetting(file: string, key: string, value: string | null): void {
  if (!isSettingKey(key)) throw unknownKey(key);
  if (value !== null) checkSetting(key, value);
  const stored = readConfigFile(file);
  if (value === null) delete stored[key];
  else stored[key] = value;
  makeFolder(dirname(file));
  writeFileSync(`${file}.new`, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function unknownKey(key: string): Failure {
  const near = closest(key, Object.keys(settingSpecs));
  return new Failure('E_CONFIG', {
    message: `There is no setting “${key}”.`,
    hint: `${near ? `Did you mean “${near}”? ` : ''}Settings: ${Object.keys(settingSpecs).join(', ')}.`,
  });
}

/** Undefined where there is none; one that is there and can’t be read must not pass for the defaults. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Failure('E_HOME', {
      message: `The config file ${file} can’t be read: ${message}.`,
      cause: error,
    });
  }
}

function readConfigFile(file: string): Record<string, string> {
  const text = readIfThere(file);
  if (text === undefined) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Failure('E_CONFIG', {
      message: `The config file ${file} is not valid JSON.`,
      hint: 'Correct it, or move it away to go back to the defaults.',
      cause: error,
    });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Failure('E_CONFIG', { message: `The config file ${file} must hold one JSON object.` });
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([key, value]) => {
      if (!isSettingKey(key)) throw unknownKey(key);
      return [key, String(value)];
    }),
  );
}
