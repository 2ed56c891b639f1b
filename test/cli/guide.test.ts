import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { allCommands, buildProgram } from '../../src/cli/program.ts';

const texts = [
  'README.md',
  'USER_GUIDE.md',
  'SECURITY.md',
  ...['docs', 'docs/platforms'].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(folder, file)),
  ),
];

interface Line {
  file: string;
  text: string;
}

/** What a person would copy: the lines of shell blocks, and whole commands in the running text. */
function linesOf(file: string): Line[] {
  const text = readFileSync(file, 'utf8');
  const blocks = [...text.matchAll(/^```(?:sh|bash|console)\n([\s\S]*?)^```/gmu)].flatMap(([, block = '']) =>
    block.replace(/ \\\n\s*/gu, ' ').split('\n'),
  );
  const inline = [...text.replace(/^```[\s\S]*?^```/gmu, '').matchAll(/`(repost [^`]+)`/gu)].map(
    ([, line = '']) => line.replace(/\s+/gu, ' '),
  );
  return [...blocks, ...inline]
    .map((line) => line.replace(/^\s*(?:\$ )?(?:sudo )?(?:\w+=\S+ )*/u, ''))
    .filter((line) => line.startsWith('repost '))
    .map((line) => ({ file, text: line }));
}

/** Commands that only name what they are about, as prose does, are complete enough when their flags exist. */
const PROSE = /…|\bset (?:s3|folder)\b/u;

function wordsOf(line: string): string[] {
  const bare = line
    .replace(/\s+#.*$/u, '')
    .split(/\s+(?:\||&&|\|\||>>?|<)\s*/u)[0]
    ?.slice('repost '.length);
  return [...(bare ?? '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/gu)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

/** Parses without running: what Commander objects to is thrown. */
async function parse(words: readonly string[]): Promise<void> {
  const stream = new PassThrough().resume();
  const program = buildProgram({
    io: { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} },
    exit: () => undefined,
  });
  for (const command of allCommands(program)) {
    if (command.commands.length === 0 || command.registeredArguments.length > 0)
      command.action(() => undefined);
  }
  await program.parseAsync([...words], { from: 'user' });
}

describe.each(texts.map((file) => ({ file, lines: linesOf(file) })))('$file', ({ file, lines }) => {
  if (file === 'USER_GUIDE.md')
    it('has commands', () => {
      expect(lines.length).toBeGreaterThan(60);
    });

  it('names only commands and flags that there are', async () => {
    const wrong: string[] = [];
    for (const { text } of lines) {
      const words = wordsOf(text);
      if (words.length === 0 || words[0] === 'help' || PROSE.test(text)) continue;
      try {
        await parse(words);
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        const named = words.length < 4 && code === 'commander.missingArgument';
        if (
          !named &&
          code !== 'commander.help' &&
          code !== 'commander.helpDisplayed' &&
          code !== 'commander.version'
        )
          wrong.push(`${text}: ${message}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
