import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { diffLines } from '../../src/cli/line-diff.ts';
import { ruleSchema } from '../../src/cli/rule-schema.ts';
import { systemClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { openTerminal, type Terminal } from './terminal.ts';

let dir: string;
let terminal: Terminal;
let rules: string;

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const [data] = [JSON.parse((await terminal.run(['paths', '--json'])).out) as { database: string }];
  const store = await openStore({ path: data.database, clock: systemClock });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'repost-rules-'));
  rules = join(dir, 'rules.yaml');
  mkdirSync(join(dir, 'inbox'));
  writeFileSync(join(dir, 'vault-key'), randomBytes(32));
  terminal = openTerminal({
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      REPOST_HOME: join(dir, 'home'),
      REPOST_VAULT: 'file',
      CREDENTIALS_DIRECTORY: dir,
      REPOST_NO_INPUT: '1',
    },
  });
  await terminal.run(['source', 'add', join(dir, 'inbox')]);
  await withStore(async (store) => {
    for (const platform of ['youtube', 'x', 'instagram'] as const)
      await store.accounts.save(
        {
          platform,
          handle: '@me',
          name: 'Me',
          remoteId: `${platform}-1`,
          user: 'me',
          scopes: [],
          settings: {},
        },
        systemClock.now(),
      );
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
beforeEach(async () => {
  for (const rule of await terminal.json<{ name: string }[]>(['rule', 'list']))
    await terminal.run(['rule', 'remove', rule.name]);
});

const file = (text: string) => writeFileSync(rules, text.replaceAll('INBOX', join(dir, 'inbox')));

const whole = `# kept by the agency
version: 1
rules:
  - name: food # the client's favourite
    from: INBOX
    to:
      - x:@me
      - account: youtube:@me
        title: "{title|truncate:60}"
        options:
          privacy: unlisted # until they say so
        timing:
          slots: ["12:00"]
    media: [folder:./originals]
    caption: "{title} {hashtags}"
    filter:
      hashtags: [food, recipe]
      not:
        any:
          - hashtags: ad
          - caption: giveaway
      minDuration: 10s
    timing:
      timeZone: Europe/Rome
      delay: 1h30m
      gap: 2h
      windows: ["Mon-Fri 09:00-17:00"]
    approve: true
    catchUp: newest:3
    tooLong: trim
`;

describe('rules as a file', () => {
  it('are applied, shown as a difference, and come out as they went in', async () => {
    file(whole);
    const dry = await terminal.run(['rule', 'apply', rules, '--dry-run']);
    expect(dry.out).toMatch(/food: new\n {2}\+ name: food/);
    expect(await terminal.json(['rule', 'list'])).toEqual([]);

    expect(await terminal.json(['rule', 'apply', rules])).toMatchObject([{ rule: 'food', change: 'create' }]);
    expect(await terminal.json(['rule', 'apply', rules])).toMatchObject([{ rule: 'food', change: 'none' }]);
    const view = await terminal.json<Record<string, unknown>>(['rule', 'show', 'food']);
    expect(view).toMatchObject({
      to: [
        { account: 'x:@me' },
        { account: 'youtube:@me', options: { privacy: 'unlisted' }, timing: { slots: ['12:00'] } },
      ],
      media: [`folder:${join(dir, 'originals')}`],
      delaySeconds: 5400,
      approve: true,
      catchUp: 'newest:3',
      timing: { timeZone: 'Europe/Rome', gap: '2h', windows: ['Mon-Fri 09:00-17:00'] },
      tooLong: 'trim',
    });

    const out = (await terminal.run(['rule', 'export'])).out;
    expect(out).toContain('delay: 1h30m');
    expect(await terminal.json(['rule', 'apply', '-'], out)).toMatchObject([
      { rule: 'food', change: 'none' },
    ]);

    file(whole.replace('minDuration: 10s', 'minDuration: 15s').replace('    approve: true\n', ''));
    const changed = await terminal.run(['rule', 'apply', rules]);
    expect(changed.out).toContain('-   minDuration: 10s\n  +   minDuration: 15s');
    expect(changed.out).toContain('- approve: true');
    expect(await terminal.json(['rule', 'show', 'food'])).toMatchObject({
      approve: false,
      startsAt: view['startsAt'],
    });
  });

  it('keep their comments when the store is written into them', async () => {
    file(whole);
    await terminal.run(['rule', 'apply', rules]);
    await terminal.run(['rule', 'pause', 'food']);
    await terminal.run(['rule', 'export', 'food', '--into', rules]);
    const text = readFileSync(rules, 'utf8');
    expect(text).toContain('# kept by the agency');
    expect(text).toContain("name: food # the client's favourite");
    expect(text).toContain('paused: true');
    expect(await terminal.json(['rule', 'apply', rules])).toMatchObject([{ change: 'none' }]);
  });

  it('get a zone only with times of their own: a rule without any comes out as it went in', async () => {
    const to = ['--from', join(dir, 'inbox'), '--to', 'x:@me', '--hashtag', 'food', '--delay', '5m'];
    await terminal.json(['rule', 'add', '--name', 'food', '--media', `folder:${dir}`, ...to]);
    const out = (await terminal.run(['rule', 'export', '--all'])).out;
    expect(await terminal.json(['rule', 'apply', '-'], out)).toMatchObject([{ change: 'none' }]);
    const zoneOf = async () =>
      (await terminal.json<{ timing: { timeZone?: string } | null }>(['rule', 'show', 'food'])).timing
        ?.timeZone;
    expect(await zoneOf()).toBeUndefined();
    await terminal.json(['config', 'set', 'timezone', 'Europe/Rome']);
    for (const part of ['filter: { publishedAfter: 2026-01-01 }', 'timing: { slots: ["12:00"] }']) {
      await terminal.json(['rule', 'remove', 'food']);
      const own = part.startsWith('timing') ? `{ account: x:@me, ${part} }` : 'x:@me';
      const rest = part.startsWith('filter') ? part : '';
      file(
        `version: 1\nrules:\n  - name: food\n    from: INBOX\n    to: [${own}]\n    media: [folder:.]\n    ${rest}\n`,
      );
      await terminal.json(['rule', 'apply', rules]);
      expect(await zoneOf(), part).toBe('Europe/Rome');
    }
    await terminal.json(['config', 'unset', 'timezone']);
  });

  it('are pruned only when asked', async () => {
    file(whole);
    await terminal.run(['rule', 'apply', rules]);
    file('rules:\n  - name: other\n    from: INBOX\n    to: [x:@me]\n');
    expect(await terminal.json(['rule', 'apply', rules])).toMatchObject([
      { rule: 'other', change: 'create' },
    ]);
    expect(await terminal.json(['rule', 'apply', rules, '--prune'])).toMatchObject([
      { rule: 'other', change: 'none' },
      { rule: 'food', change: 'remove' },
    ]);
    expect(await terminal.json<{ name: string }[]>(['rule', 'list'])).toMatchObject([{ name: 'other' }]);
  });

  it('are edited in an editor', async () => {
    file(whole);
    await terminal.run(['rule', 'apply', rules]);
    const editor = join(dir, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/gap: 2h/gap: 3h/" "$1"\n');
    chmodSync(editor, 0o755);
    // A program for an editor is no question, unless every question is forbidden.
    expect(await terminal.failure(['rule', 'edit', 'food'])).toMatchObject({
      code: 'E_MISSING_ANSWER',
      exit: 2,
    });
    delete terminal.env['REPOST_NO_INPUT'];
    terminal.env['EDITOR'] = editor;
    expect((await terminal.run(['rule', 'edit', 'food'])).out).toContain('+   gap: 3h');
    expect((await terminal.run(['rule', 'edit', 'food'])).err).toContain('Nothing was changed.');
    delete terminal.env['EDITOR'];
    const text = (await terminal.run(['rule', 'export', 'food'])).out.replace('gap: 3h', 'gap: 4h');
    expect((await terminal.run(['rule', 'edit', 'food', '--file', '-', '--no-input'], text)).out).toContain(
      '+   gap: 4h',
    );
    expect(await terminal.failure(['rule', 'edit', 'food'])).toMatchObject({
      code: 'E_MISSING_ANSWER',
      exit: 2,
    });
  });

  it('cancel what waits for a destination that a rule lost', async () => {
    file(whole);
    await terminal.run(['rule', 'apply', rules]);
    await withStore(async (store) => {
      const [rule] = await store.rules.list();
      const { videos } = await store.videos.take(
        rule?.sourceId ?? 0,
        [
          {
            item: { remoteId: '1', url: '', caption: 'x', publishedAt: 1, kind: 'video', facts: {} },
            jobs: [],
            skipped: [],
          },
        ],
        1,
      );
      const jobs = (rule?.destinations ?? []).map(({ accountId }) => ({
        accountId,
        ruleId: rule?.id ?? 0,
        user: 'me',
        state: 'waiting' as const,
        reason: 'window' as const,
        runAt: 9e12,
        maxAttempts: 5,
      }));
      await store.videos.addJobs(videos[0]?.id ?? 0, jobs, 1);
    });
    file(whole.replace('      - x:@me\n', ''));
    expect((await terminal.run(['rule', 'apply', rules])).err).toMatch(
      /1 waiting job\(s\) of “food” are cancelled/,
    );
    expect(await terminal.json<{ state: string }[]>(['jobs', 'list'])).toMatchObject([
      { state: 'waiting' },
      { state: 'cancelled' },
    ]);
  });
});

describe('mistakes are told with their line and column', () => {
  const one = (lines: string) => `rules:\n  - name: a\n    from: INBOX\n    to: [x:@me]\n${lines}`;

  it.each([
    ['rules:\n  - name: [', /rules\.yaml:2:12/],
    ['rules:\n  - name: a\n    name: b\n', /3:5.*unique/i],
    [one('    filters: {}\n'), /5:5: there is no “filters” here; known: name, from, to/],
    [one('    filter:\n      minDuration: soon\n'), /6:7/],
    [one('    filter:\n      pattern: "("\n'), /5:5: “\(” is no pattern/],
    [one('    timing:\n      slots: ["9 o\'clock"]\n'), /6:15/],
    [one('    timing:\n      windows: [always]\n'), /5:5: “always” is no window/],
    [one('    timing:\n      timeZone: Mars/Olympus\n      gap: 1h\n'), /no time zone “Mars\/Olympus”/],
    [one('    caption: "{titel}"\n'), /5:5: The template names the unknown variable “titel”/],
    [one('    fit: stretch\n'), /5:5: “fit” is one of: none, remux, transcode/],
    ['rules:\n  - name: a\n    from: INBOX\n', /2:5: “to” is missing/],
    ['rules:\n  - name: a\n    from: INBOX\n    to: [nobody:@me]\n', /4:10: No account/],
    [
      'rules:\n  - name: a\n    from: INBOX\n    to:\n      - account: youtube:@me\n        options: { privacy: secret }\n',
      /6:20: “privacy” is one of: public/,
    ],
    [
      'rules:\n  - name: a\n    from: INBOX\n    to:\n      - account: x:@me\n        options: { privacy: public }\n',
      /6:20: there is no “privacy” here; known: links/,
    ],
    [`${one('')}  - name: a\n    from: INBOX\n    to: [x:@me]\n`, /5:5: there are two rules “a”/],
    ['[]', /“the file” must be object/],
    ['', /“the file” must be object/],
    [
      one(
        `    caption: &a ["x","x","x","x","x","x","x","x","x"]\n${Array.from({ length: 9 }, (_, n) => `    k${n}: &b${n} [${`*${n === 0 ? 'a' : `b${n - 1}`},`.repeat(9)}]\n`).join('')}`,
      ),
      /alias/i,
    ],
    ['x'.repeat(1_000_001), /larger than/],
    [`${'['.repeat(20_000)}`, /rules\.yaml/],
  ])('%#', async (text, message) => {
    file(text);
    const startedAt = performance.now();
    const failed = await terminal.failure(['rule', 'apply', rules]);
    expect(failed.message).toMatch(message);
    expect(failed.code).toMatch(/^E_(RULE|UNKNOWN_ACCOUNT)$/);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await terminal.json(['rule', 'list'])).toEqual([]);
  });
});

describe('the schema', () => {
  it('that is published is the one that is used', () => {
    const published = readFileSync(new URL('../../docs/rule.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(ruleSchema())));
  });
});

describe('a difference', () => {
  it('keeps what stayed', () => {
    expect(diffLines(['a', 'b', 'c'], ['a', 'x', 'c', 'd'])).toEqual(['  a', '- b', '+ x', '  c', '+ d']);
    expect(diffLines([], ['a'])).toEqual(['+ a']);
  });
});
