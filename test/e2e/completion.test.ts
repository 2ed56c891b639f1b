import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { type CliHome, entry, openCliHome } from './home.ts';

let home: CliHome;
let env: NodeJS.ProcessEnv;
const scripts = new Map<string, string>();

beforeAll(async () => {
  home = await openCliHome();
  await home.signIn('tiktok');
  await home.signIn('youtube');
  // Before the first rule, so that only the backfill of the second takes it and asks for approval.
  await home.publish('First light');
  await home.repost.run([
    'rule',
    'add',
    '--name',
    'everywhere',
    '--from',
    'tiktok:@creator',
    '--to',
    'youtube:@creator',
  ]);
  await home.repost.run([
    'rule',
    'add',
    '--from',
    'tiktok:@creator',
    '--to',
    'youtube:@creator',
    '--backfill',
    '1',
    '--approve',
    '--name',
    'old',
  ]);
  await home.repost.run(['sync']);
  const bin = join(home.dir, 'bin');
  mkdirSync(bin);
  symlinkSync(entry, join(bin, 'repost'));
  env = { ...home.env, PATH: `${bin}:${process.env['PATH']}` };
  for (const shell of ['bash', 'zsh', 'fish']) {
    const path = join(home.dir, shell === 'zsh' ? '_repost' : `repost.${shell}`);
    writeFileSync(path, await home.repost.run(['completion', shell]));
    scripts.set(shell, path);
  }
});
afterAll(() => home.close());

/** What a shell offers for a line with the cursor at its end, a value a line. */
const ways: Readonly<Record<string, (script: string, line: string) => readonly string[]>> = {
  bash: (script, line) => [
    '-c',
    `source "$1"; COMP_LINE=$2 COMP_POINT=\${#2}; _repost; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    script,
    line,
  ],
  zsh: (script, line) => [
    '-fc',
    `compdef() { : }; _describe() { print -l -- "\${(@P)argv[-1]}" }; _files() { print -l -- *(N) }
     source $1; words=(\${(z)2}); [[ $2 == *' ' ]] && words+=(''); CURRENT=$#words; _repost`,
    'zsh',
    script,
    line,
  ],
  fish: (script, line) => ['-Nc', 'source $argv[1]; complete -C $argv[2]', script, line],
};

function offered(shell: string, line: string): string[] {
  const args = ways[shell]?.(scripts.get(shell) ?? '', line) ?? [];
  const out = execFileSync(shell, args, { env, cwd: home.originals, encoding: 'utf8', timeout: 30_000 });
  return out.split('\n').filter((value) => value !== '');
}

for (const shell of ['bash', 'zsh', 'fish']) {
  describeWith({ [shell]: shell }, `completion in ${shell}`, () => {
    const starts = (line: string) =>
      offered(shell, line).map((value) => value.replace(/\t.*$|(?<!\\):.*$/u, ''));

    it('knows commands, flags and fixed values', () => {
      expect(starts('repost jobs ')).toEqual(expect.arrayContaining(['list', 'retry', 'resolve']));
      expect(starts('repost jobs list --state ')).toEqual(expect.arrayContaining(['dead', 'unknown']));
      expect(starts('repost completion ')).toEqual(['bash', 'zsh', 'fish']);
      expect(starts('repost jobs list --')).toEqual(expect.arrayContaining(['--state', '--json']));
    });

    it('knows rules, accounts and job ids', () => {
      expect(starts('repost rule show ').sort()).toEqual(['everywhere', 'old']);
      expect(offered(shell, 'repost accounts show youtube:@').join(' ')).toContain('@creator');
      expect(offered(shell, 'repost jobs approve ').join(' ')).toMatch(/^1\b/u);
      expect(offered(shell, 'repost jobs retry --class perm').join(' ')).toContain('permanent');
    });

    it('leaves files to the shell', () => {
      expect(offered(shell, 'repost rule apply ').join(' ')).toContain('.mp4');
    });

    it('evaluates nothing that was only typed', () => {
      offered(shell, 'repost jobs show $(touch\ttaken)`touch\ttaken` ');
      expect(offered(shell, 'repost rule apply ').join(' ')).not.toContain('taken');
    });
  });
}
