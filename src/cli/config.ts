import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../core/failure.ts';
import {
  checkSetting,
  isSettingKey,
  type SettingKey,
  settingNumber,
  settingSpecs,
} from '../core/settings.ts';

export type Origin = 'flag' | 'environment' | 'file' | 'default';

export interface Config {
  text(key: SettingKey): string;
  number(key: SettingKey): number;
  origin(key: SettingKey): Origin;
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
  return { text, number: (key) => settingNumber(key, text(key)), origin: (key) => find(key).origin };
}

/** Stores one setting (or, with null, forgets it), the file replaced in one move. */
export function saveSetting(file: string, key: string, value: string | null): void {
  if (!isSettingKey(key)) throw unknownKey(key);
  if (value !== null) checkSetting(key, value);
  const stored = readConfigFile(file);
  if (value === null) delete stored[key];
  else stored[key] = value;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function unknownKey(key: string): Failure {
  return new Failure('E_CONFIG', {
    message: `There is no setting “${key}”.`,
    hint: `Settings: ${Object.keys(settingSpecs).join(', ')}.`,
  });
}

function readConfigFile(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
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
