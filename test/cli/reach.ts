import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../src/cli', import.meta.url));

/** A function, constant or class at the top of a file: its own text, and where the names in it lead. */
interface Piece {
  text: string;
  leads: Set<string>;
}

export interface Walk {
  /** The texts of a piece (`actions/app.ts#addApp`) and of everything that it can come to. */
  textsFrom(piece: string): string[];
  files: readonly { name: string; text: string; imports: readonly string[] }[];
}

const tops = /^(?:export )?(?:async )?(?:function\*? |const |class |let )(\w+)/u;
const imported =
  /\bimport (?!type)(?:\{([^}]*)\}|\w+) from '(\.[^']+)'|\bimport\('(\.[^']+)'\)|\bfrom '([^.'][^']*)'/gu;

/** The program's text from function to function, as far as names tell. What runs on somebody's behalf asks nobody. */
export function walkProgram(): Walk {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const files = names.map((name) => {
    const text = readFileSync(join(root, name), 'utf8');
    const imports = [...text.matchAll(imported)].map(
      ([, , near, later, pack]) => near ?? later ?? pack ?? '',
    );
    return { name, text, imports };
  });
  const pieces = new Map<string, Piece>();
  for (const { name, text } of files)
    for (const [top, body] of piecesOf(text)) pieces.set(`${name}#${top}`, { text: body, leads: new Set() });
  for (const { name, text } of files) link(name, text, pieces);
  return {
    files,
    textsFrom(start) {
      if (!pieces.has(start)) throw new Error(`There is no ${start}.`);
      const seen = new Set([start]);
      for (const piece of seen) for (const next of pieces.get(piece)?.leads ?? []) seen.add(next);
      return [...seen].map((piece) => pieces.get(piece)?.text ?? '');
    },
  };
}

function piecesOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    current = tops.exec(line)?.[1] ?? current;
    if (current !== undefined) found.set(current, `${found.get(current) ?? ''}${line}\n`);
  }
  return found;
}

/** A name leads to the piece of the same file, or to what was imported under it, at the top or on the way. */
function link(name: string, text: string, pieces: Map<string, Piece>): void {
  const place = (target: string) => relative(root, join(root, dirname(name), target));
  const known = new Map<string, string>();
  for (const [, list = '', near] of text.matchAll(imported))
    for (const part of near ? list.split(',') : []) {
      const [original = '', local = original] = part.trim().split(/ as /u);
      known.set(local, `${place(near ?? '')}#${original}`);
    }
  const onTheWay = [...text.matchAll(/\bimport\('(\.[^']+)'\)/gu)].map(([, target = '']) => place(target));
  for (const top of piecesOf(text).keys()) {
    const piece = pieces.get(`${name}#${top}`);
    for (const [word] of piece?.text.matchAll(/\w+/gu) ?? []) {
      const targets = [known.get(word), `${name}#${word}`, ...onTheWay.map((file) => `${file}#${word}`)];
      for (const target of targets)
        if (target && pieces.has(target) && !target.startsWith('perform.ts')) piece?.leads.add(target);
    }
  }
}
