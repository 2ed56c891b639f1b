import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { loadOrigins, noOrigins, originMap } from '../../src/net/origins.ts';

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'repost-origins-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'origins.json');
  writeFileSync(path, text);
  return path;
}

test('an origin is swapped, path and query stay and are appended to the replacement', () => {
  const map = loadOrigins(
    fileWith(
      '{"https://api.x.com": "http://127.0.0.1:4010/api.x.com", "https://x.com/": "http://127.0.0.1:4010/x.com/"}',
    ),
  );
  expect(map.active).toBe(true);
  expect(map.map('https://api.x.com/2/tweets?a=1&b=%20#f')).toBe(
    'http://127.0.0.1:4010/api.x.com/2/tweets?a=1&b=%20#f',
  );
  expect(map.map('https://API.X.com:443/2')).toBe('http://127.0.0.1:4010/api.x.com/2');
  expect(map.map('https://x.com')).toBe('http://127.0.0.1:4010/x.com/');
  expect(map.map('http://api.x.com/2')).toBe('http://api.x.com/2');
  expect(map.map('https://other.com/2')).toBe('https://other.com/2');
  expect(map.map('not an address')).toBe('not an address');
  expect(map.unmap('http://127.0.0.1:4010/api.x.com/2/tweets?a=1')).toBe('https://api.x.com/2/tweets?a=1');
  expect(map.unmap('http://127.0.0.1:4010/api.x.community/2')).toBe(
    'http://127.0.0.1:4010/api.x.community/2',
  );
});

test('there and back again', () => {
  const map = originMap({
    'https://a.com': 'http://127.0.0.1:1/a',
    'https://b.com': 'http://127.0.0.1:1/a/b',
  });
  fc.assert(
    fc.property(
      fc.constantFrom('https://a.com', 'https://b.com', 'https://c.com'),
      fc.webPath(),
      (origin, path) => {
        const url = new URL(origin + path).href;
        // A path of a.com that begins with /b/ looks like b.com's: only such a map has that trouble.
        fc.pre(!(origin === 'https://a.com' && /^https:\/\/a\.com\/b([/?#]|$)/.test(url)));
        expect(map.unmap(map.map(url))).toBe(url);
      },
    ),
  );
});

test('without a file nothing is swapped', () => {
  expect(loadOrigins(undefined)).toBe(noOrigins);
  expect(loadOrigins('').active).toBe(false);
});

test('what is wrong is named with its line', () => {
  const rows: [string, RegExp][] = [
    ['{\n  "https://a.com": "http://b",\n  oops\n}', /line 3: is not JSON/],
    ['{\n', /line 2: is not JSON/],
    ['[]', /line 1: must be an object/],
    ['{\n\n"https://a.com/path": "http://b"}', /line 3: "https:\/\/a.com\/path" is not an origin/],
    ['{\n"a.com": "http://b"}', /line 2: "a.com" is not an origin/],
    ['{"https://a.com": "http://b",\n"https://c.com": 7}', /line 2: the replacement of https:\/\/c.com/],
    ['{"https://c.com": "http://b?x=1"}', /line 1: the replacement/],
    ['{"https://c.com": "file:///etc"}', /line 1: the replacement/],
  ];
  for (const [text, message] of rows)
    expect(() => loadOrigins(fileWith(text)), text).toThrow(
      expect.objectContaining({ code: 'E_ORIGINS', message: expect.stringMatching(message) }),
    );
  expect(() => loadOrigins('/nonexistent/origins.json')).toThrow(
    expect.objectContaining({ code: 'E_ORIGINS', message: expect.stringContaining('ENOENT') }),
  );
});
