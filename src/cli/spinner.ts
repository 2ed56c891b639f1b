import { type Io, wantsColor } from './io.ts';
import { streamOf } from './out.ts';

/** What turns on a terminal while a person waits. Lines that are written meanwhile appear above it. */
export interface Spinner {
  /** Shows this beside the turning mark; several lines may be. */
  show(text: string): void;
  /** Takes it away. */
  close(): void;
}

/** Undefined where nobody looks at a terminal: then nothing turns, and ora is not even loaded. */
export async function openSpinner(io: Io, text: string): Promise<Spinner | undefined> {
  if (io.stderr.isTTY !== true || io.env['TERM'] === 'dumb' || io.env['CI']) return undefined;
  const { ora } = await import('./spinner-ora.ts');
  const spinner = ora({
    text,
    stream: streamOf(io.stderr) as NodeJS.WriteStream,
    color: wantsColor(io, io.stderr) ? 'cyan' : false,
    // The login reads a pasted address there.
    discardStdin: false,
  }).start();
  return {
    show: (next) => {
      spinner.text = next;
    },
    close: () => void spinner.stop(),
  };
}
