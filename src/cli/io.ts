import type { Readable } from 'node:stream';
import { graphemes } from '../core/graphemes.ts';
import { type Out, processOut } from './out.ts';

/** The terminal, or what stands in its place. */
export interface Io {
  stdin: Readable & { isTTY?: boolean };
  stdout: Out;
  stderr: Out;
  env: NodeJS.ProcessEnv;
}

export function processIo(): Io {
  let stdout: Out | undefined;
  let stderr: Out | undefined;
  return {
    // To open one takes time, and few commands use all.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      stdout ??= processOut(1);
      return stdout;
    },
    get stderr() {
      stderr ??= processOut(2);
      return stderr;
    },
    env: process.env,
  };
}

/** Colour where the stream is a terminal, unless NO_COLOR, TERM=dumb or CLICOLOR_FORCE say otherwise. */
export function wantsColor(io: Io, stream: { isTTY?: boolean }): boolean {
  const { env } = io;
  if (env['NO_COLOR']) return false;
  if (env['CLICOLOR_FORCE'] && env['CLICOLOR_FORCE'] !== '0') return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

export type Paint = (style: keyof typeof styles, text: string) => string;

export function painter(on: boolean): Paint {
  return (style, text) => (on ? `\u001b[${styles[style]}m${text}\u001b[0m` : text);
}

/**
 * Text from outside (captions, names, answers) made harmless for a terminal: control characters, escape
 * sequences, bidi and zero-width controls become visible. Newlines become `⏎`.
 */
export function harmless(text: string): string {
  return text
    .replace(/\r?\n/gu, '⏎')
    .replace(/\t/gu, ' ')
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
      (character) => {
        return `<${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0').toUpperCase()}>`;
      },
    );
}

/** Cuts to a number of graphemes, with an ellipsis. */
export function shorten(text: string, max: number): string {
  // A grapheme is one unit of the string or more.
  if (text.length <= max) return text;
  const parts = graphemes(text);
  if (parts.length <= max) return text;
  return `${parts.slice(0, Math.max(1, max - 1)).join('')}…`;
}

/** True where a person can be asked something. */
export function canAsk(io: Io, noInput: boolean): boolean {
  if (noInput || io.env['REPOST_NO_INPUT'] || io.env['CI']) return false;
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}

/** All of standard input as text, without a trailing newline. */
export async function readStdin(io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/u, '');
}

/** A terminal's columns; 80 for what is none, and for a terminal that does not know its size (it says 0). */
export function columnsOf(stream: { columns?: number }): number {
  return stream.columns || 80;
}

/** What a stream shows in a line: a terminal's columns; what goes elsewhere is never broken. */
export function lineWidth(stream: { isTTY?: boolean; columns?: number }): number {
  return stream.isTTY === true ? columnsOf(stream) : Number.POSITIVE_INFINITY;
}
