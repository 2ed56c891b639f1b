import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Which room may import which others. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  core: [],
  store: ['core'],
  vault: ['core'],
  net: ['core'],
  media: ['core'],
  sandbox: ['core'],
  platforms: ['core', 'net'],
  engine: ['core', 'store', 'vault', 'net', 'media'],
  web: ['core', 'store'],
  cli: ['core', 'store', 'vault', 'net', 'media', 'sandbox', 'platforms', 'engine', 'web'],
};

/** Which room may use which package. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': ['store'],
  pg: ['store'],
  undici: ['net'],
  selfsigned: ['net'],
  'lossless-json': ['net'],
  keytar: ['vault'],
  'p-queue': ['engine'],
  'node-cron': ['engine'],
  'prom-client': ['engine'],
  yauzl: ['media'],
  // Mail is a way out like any other: what talks to the network is net's.
  nodemailer: ['net'],
  // Patterns from people: core decides, and this engine can't hang.
  re2js: ['core'],
  'fast-xml-parser': ['platforms'],
  yaml: ['cli'],
  ajv: ['cli', 'web'],
  '@modelcontextprotocol/sdk': ['cli'],
  fastify: ['web'],
  '@fastify/swagger': ['web'],
  typebox: ['web'],
  aws4fetch: ['media'],
  commander: ['cli'],
  inquirer: ['cli'],
  ora: ['cli'],
  open: ['cli'],
};

const root = join(import.meta.dirname, '../../src');

interface Import {
  file: string;
  room: string;
  target: string;
}

/** Every import of a source text: static, dynamic, type-only, re-exports. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)(['"])([^'"\n]+)\1/gmu)].map(
    (match) => match[2] ?? '',
  );
}

function breaches({ file, room, target }: Import): string[] {
  if (target.startsWith('node:')) return [];
  if (target.startsWith('.')) {
    const other = relative(root, join(root, file, '..', target)).split('/')[0] ?? '';
    const allowed = other === room || (rooms[room] ?? []).includes(other);
    return allowed ? [] : [`${file} imports ${target}: ${room} may not use ${other}`];
  }
  const name = target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
  const owners = packages[name];
  if (!owners) return [`${file} imports the package ${name}, which belongs to no room`];
  return owners.includes(room) ? [] : [`${file} imports ${name}: only ${owners.join(', ')} may`];
}

function allImports(): Import[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      importsOf(readFileSync(join(root, file), 'utf8')).map((target) => ({
        file,
        room: file.split('/')[0] ?? '',
        target,
      })),
    );
}

describe('the borders of the rooms', () => {
  it('are kept by every import', () => {
    expect(allImports().flatMap(breaches)).toEqual([]);
  });

  it('has every room in its table', () => {
    expect([...new Set(allImports().map(({ room }) => room))].filter((room) => !(room in rooms))).toEqual([]);
  });

  it('fire on a bad import, in every way to write one', () => {
    const bad = `
      import { a } from '../store/open.ts';
      import type { B } from '../store/open.ts';
      export { c } from '../store/open.ts';
      import '../store/open.ts';
      const d = await import('../store/open.ts');
      import
        Database
      from 'better-sqlite3';
    `;
    const found = importsOf(bad).flatMap((target) => breaches({ file: 'core/x.ts', room: 'core', target }));
    expect(found).toHaveLength(6);
  });

  it('keep simulators from sharing code with what they judge', () => {
    const shared = allImports().filter(
      ({ room, target }) =>
        room === 'sandbox' && target.startsWith('..') && !/core\/(clock|names|[\w-]+)\.ts$/u.test(target),
    );
    expect(shared).toEqual([]);
    const values = readdirSync(join(root, 'sandbox'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const text = readFileSync(join(root, 'sandbox', file), 'utf8');
        return [...text.matchAll(/^import (?!type)[^;]*?from '\.\.\/core\/([\w-]+)\.ts'/gmu)].map(
          (match) => match[1] ?? '',
        );
      });
    expect([...new Set(values)].sort().filter((name) => !['clock', 'names'].includes(name))).toEqual([]);
  });
});
