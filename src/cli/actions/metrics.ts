import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { homeMetrics } from '../metrics.ts';

/** Prints the exposition once, or writes it where node_exporter reads it. */
export async function metrics({ app, print }: Turn, options: { textfile?: string }): Promise<undefined> {
  const text = await homeMetrics(app);
  const { textfile } = options;
  if (textfile === undefined) {
    print({ schemaVersion, metrics: parseExposition(text) }, () => text);
    return;
  }
  writeWhole(textfile, text);
  print({ schemaVersion, file: textfile, bytes: Buffer.byteLength(text) }, () => `Wrote ${textfile}.`);
}

/** The collector must never read half a file: https://github.com/prometheus/node_exporter#textfile-collector */
function writeWhole(path: string, text: string): void {
  if (!path.endsWith('.prom'))
    throw new Failure('E_USAGE', {
      message: `${path} would not be read: node_exporter takes files whose name ends in .prom.`,
    });
  const fresh = `${path}.${process.pid}.new`;
  try {
    writeFileSync(fresh, text, { mode: 0o644 });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new Failure('E_OUTPUT', {
      message: `${path} can’t be written: ${error instanceof Error ? error.message : String(error)}.`,
      hint: `Is ${dirname(path)} there, and yours to write to?`,
      cause: error,
    });
  }
}

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** The exposition's lines as objects, for scripts. Infinity has no JSON: such a value is left out by nobody here. */
export function parseExposition(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/u.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)];
      return {
        name,
        labels: Object.fromEntries(pairs.map(([, key = '', text = '']) => [key, unescaped(text)])),
        value: Number(value),
      };
    });
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gu, (_, char: string) => (char === 'n' ? '\n' : char));
}
