import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const documents = [
  'README.md',
  'USER_GUIDE.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The anchor that a heading gets, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/gu, '-');

function anchorsIn(path: string): Set<string> {
  return new Set(
    [...readFileSync(path, 'utf8').matchAll(/^#+\s+(.*)$/gmu)].map(([, heading = '']) => anchorOf(heading)),
  );
}

it.each(documents)('%s: every link inside the project resolves', (name) => {
  const text = readFileSync(join(root, name), 'utf8').replace(/```[\s\S]*?```/gu, '');
  const broken = [...text.matchAll(/\]\(([^)\s]+)\)/gu)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/u.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? join(root, name) : join(root, dirname(name), file);
      if (!existsSync(path)) return true;
      return anchor !== undefined && !anchorsIn(path).has(anchor);
    });
  expect(broken).toEqual([]);
});
