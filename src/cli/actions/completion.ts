import type { Command } from 'commander';
import type { Action, Turn } from '../command.ts';
import { placeOf } from '../completion/candidates.ts';
import { completionScripts, type Shell } from '../completion/scripts.ts';
import { valuesOf } from '../completion/values.ts';
import { harmless } from '../io.ts';

export async function printCompletion({ print }: Turn, _options: unknown, shell: Shell): Promise<undefined> {
  print({ schemaVersion: 1, shell, script: completionScripts[shell] }, () => completionScripts[shell]);
}

const FILES = ':files';

/** Lines of `value<tab>description` for a shell. Never an error: a tab key that complains helps nobody. */
export function printCandidates(program: Command): Action {
  return async ({ app }: Turn, _options: unknown, words: readonly string[] = []) => {
    const lines = await candidateLines(app, program, words).catch(() => []);
    app.io.stdout.write(lines.map((line) => `${line}\n`).join(''));
    return undefined;
  };
}

async function candidateLines(
  app: Turn['app'],
  program: Command,
  words: readonly string[],
): Promise<string[]> {
  const place = placeOf(program, words.length === 0 ? [''] : words);
  if (!place) return [];
  if (place.kind === 'words') return place.candidates.map(lineOf);
  if (place.choices.length > 0) return [...place.choices];
  return (await valuesOf(app, place.command, place.name))?.map(lineOf) ?? [FILES];
}

const lineOf = ([value, description]: readonly [string, string]) => `${value}\t${harmless(description)}`;
