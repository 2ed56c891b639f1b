import { Socket } from 'node:net';

/** What becomes of a connection as a transaction is committed on it. */
export type Fate = 'none' | 'lost before' | 'lost after' | 'died before' | 'died after';

/** A simple query, as it goes over the wire (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1');

/** All connections of one process. */
export interface Cables {
  /** For a pool: one more. */
  open(): Socket;
  /** The process is dead: without a goodbye, and for ever. */
  cut(): void;
}

export function openCables(fate: () => Fate, die: () => void): Cables {
  const open = new Set<Cable>();
  let dead = false;

  /** A connection that ends where chance says so: what the server was told counts, what it answers may be lost. */
  class Cable extends Socket {
    override connect(...given: unknown[]): this {
      // Not an error that passes: nobody waits for a dead process.
      if (dead) process.nextTick(() => this.destroy(errorOf('EDEAD')));
      else super.connect(...(given as [string]));
      return this;
    }

    // Not `write`: `connect` puts its own in that place.
    override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
      const befalls = !dead && Buffer.isBuffer(chunk) && chunk.equals(COMMIT) ? fate() : 'none';
      const end = () => {
        if (befalls.startsWith('died')) die();
        else this.destroy(errorOf('ECONNRESET'));
      };
      // Whatever is answered is not heard any more.
      if (befalls.endsWith('after')) this.removeAllListeners('data');
      if (befalls.endsWith('before')) process.nextTick(end);
      else super._write(chunk, encoding, befalls === 'none' ? done : end);
    }
  }

  return {
    open() {
      const cable = new Cable();
      open.add(cable);
      cable.on('close', () => open.delete(cable));
      return cable;
    },
    cut() {
      dead = true;
      for (const cable of open) cable.destroy(errorOf('EDEAD'));
    },
  };
}

const errorOf = (code: string) => Object.assign(new Error(`The connection ended: ${code}`), { code });
