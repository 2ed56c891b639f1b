const AT_ONCE = 64;

/** Does a piece of work so many times, 64 at once. Gives how many. */
export async function atOnce(count: number, work: (n: number) => Promise<void>): Promise<number> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await work(next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return count;
}
