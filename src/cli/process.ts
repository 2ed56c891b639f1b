import { Failure } from '../core/failure.ts';
import { sayFailure } from './exit.ts';
import { type Io, processIo } from './io.ts';
import { onCrash } from './signals.ts';

/** Does the work of a command line as this process, whose crash it then says. */
export function inProcess<T>(args: readonly string[], work: (io: Io) => Promise<T>): Promise<T> {
  const io = processIo();
  onCrash((message) => sayFailure(io, new Failure('E_INTERNAL', { message }), args.includes('--json')));
  return work(io);
}
