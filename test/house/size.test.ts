import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** One table each, and nothing else. */
const tables = ['src/core/codes.ts'];

it('a file of the product explains itself on 300 lines at most', () => {
  const files = execFileSync('git', ['ls-files', 'src'], { encoding: 'utf8' }).split('\n');
  const long = files
    .filter((file) => file.endsWith('.ts') && readFileSync(file, 'utf8').trimEnd().split('\n').length > 300)
    .filter((file) => !tables.includes(file));
  expect(long).toEqual([]);
});
