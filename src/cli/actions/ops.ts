import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { type OpsFile, opsFiles } from '../ops/files.ts';

/** Remembers what was written, so that a later export knows its own files from other people's. */
const LIST = '.repost-ops.json';

/** Writes dashboard, rules and examples; a file that is not as we left it stays, unless forced. */
export async function exportOps(
  { app, print }: Turn,
  { force = false }: { force?: boolean },
  dir: string,
): Promise<undefined> {
  const folder = resolve(dir);
  const address = app.config.text('daemon.http');
  const files = opsFiles(address === 'off' ? '127.0.0.1:4455' : address);
  const before = readList(folder);
  const foreign = force ? [] : files.filter((file) => !isOurs(folder, file, before));
  if (foreign.length > 0) {
    throw new Failure('E_OUTPUT', {
      message: `Not ours, or changed since we wrote it: ${foreign.map(({ name }) => join(folder, name)).join(', ')}.`,
      hint: 'Nothing was written. Choose another folder, or replace them with --force.',
      command: `repost ops export ${dir} --force`,
    });
  }
  const written = write(folder, files);
  print(
    { schemaVersion, dir: folder, files: written },
    () =>
      `Wrote to ${folder}:\n${written.map((name) => `  ${name}`).join('\n')}\nStart with README.md there.`,
  );
}

function write(folder: string, files: readonly OpsFile[]): string[] {
  const list = Object.fromEntries(files.map(({ name, text }) => [name, digest(text)]));
  try {
    for (const { name, text } of [...files, { name: LIST, text: `${JSON.stringify(list, null, 2)}\n` }]) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  } catch (error) {
    throw new Failure('E_OUTPUT', {
      message: `${folder} can’t be written to: ${error instanceof Error ? error.message : String(error)}.`,
      cause: error,
    });
  }
  return files.map(({ name }) => name);
}

function isOurs(folder: string, { name, text }: OpsFile, before: Readonly<Record<string, string>>): boolean {
  const path = join(folder, name);
  if (!existsSync(path)) return true;
  const there = digest(readFileSync(path, 'utf8'));
  return there === digest(text) || there === before[name];
}

function readList(folder: string): Readonly<Record<string, string>> {
  try {
    const read: unknown = JSON.parse(readFileSync(join(folder, LIST), 'utf8'));
    return typeof read === 'object' && read !== null ? (read as Record<string, string>) : {};
  } catch {
    return {};
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
