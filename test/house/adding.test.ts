import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** The platform that came last: what it touched is what the next one will. */
const last = 'pinterest';

/** Lines of their own for each platform: the name, the registries, and where one is loaded alone. */
const registers = [
  'src/core/names.ts',
  'src/platforms/index.ts',
  'src/platforms/one.ts',
  'src/sandbox/index.ts',
];

/** Words about it that are no code: how a token of it begins. */
const words = ['src/net/redact.ts'];

it('a platform is known by its own files, and by one line in each register', () => {
  const mentions = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `src/${file}`)
    .filter((file) => readFileSync(join(root, file), 'utf8').toLowerCase().includes(last));
  const own = new RegExp(`^src/(platforms|sandbox)/${last}(-\\w+)*\\.ts$`, 'u');
  expect(mentions.filter((file) => own.test(file)).length).toBeGreaterThan(5);
  expect(mentions.filter((file) => !own.test(file)).sort()).toEqual([...registers, ...words].sort());
  for (const file of registers) {
    const lines = readFileSync(join(root, file), 'utf8')
      .split('\n')
      .filter((line) => line.toLowerCase().includes(last) && !line.startsWith('import'));
    expect([file, lines.length]).toEqual([file, 1]);
  }
});
