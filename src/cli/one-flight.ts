interface Flight<T> {
  outcome: Promise<T>;
  signal: AbortSignal | undefined;
}

/**
 * Work of one name is done once, for all that ask for it meanwhile: they share what it gives, and its failure. An abort
 * is one caller's wish and ends that one's waiting; where it ended the work, the next of those who wait does it.
 */
export function oneFlight<T>(): (
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
) => Promise<T> {
  const flights = new Map<string, Flight<T>>();
  return async (name, signal, work) => {
    for (;;) {
      const other = flights.get(name);
      if (!other) break;
      await landed(other, signal);
      signal?.throwIfAborted();
      if (!other.signal?.aborted) return other.outcome;
    }
    const flight = { outcome: work(), signal };
    flights.set(name, flight);
    try {
      return await flight.outcome;
    } finally {
      flights.delete(name);
    }
  };
}

/** Resolves when the flight has ended, well or not, or when the caller no longer wants to wait. */
function landed({ outcome }: Flight<unknown>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal?.removeEventListener('abort', done);
      resolve();
    };
    outcome.then(done, done);
    signal?.addEventListener('abort', done, { once: true });
    if (signal?.aborted) done();
  });
}
