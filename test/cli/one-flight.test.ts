import { expect, it } from 'vitest';
import { oneFlight } from '../../src/cli/one-flight.ts';

/** Work that ends when it is told to. */
function workshop() {
  const ends: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  const work = () => new Promise<string>((resolve, reject) => ends.push({ resolve, reject }));
  return { ends, work };
}

it('work that is under way is done once for all who ask for it, and anew for who asks later', async () => {
  const together = oneFlight<string>();
  const { ends, work } = workshop();
  const asked = [1, 2, 3].map(() => together('film', undefined, work));
  const other = together('another film', undefined, work);
  expect(ends).toHaveLength(2);
  ends[0]?.resolve('file');
  ends[1]?.resolve('another file');
  expect(await Promise.all([...asked, other])).toEqual(['file', 'file', 'file', 'another file']);
  void together('film', undefined, work);
  expect(ends).toHaveLength(3);
});

it('its failure is everybody’s', async () => {
  const together = oneFlight<string>();
  const { ends, work } = workshop();
  const asked = [1, 2].map(() => together('film', undefined, work));
  ends[0]?.reject(new Error('not there'));
  for (const one of asked) await expect(one).rejects.toThrow('not there');
  expect(ends).toHaveLength(1);
});

it('who gives up stops waiting; where it was the one at work, another does it', async () => {
  const together = oneFlight<string>();
  const { ends, work } = workshop();
  const [first, second] = [new AbortController(), new AbortController()];
  const one = together('film', first.signal, work);
  const two = together('film', second.signal, work);
  const three = together('film', undefined, work);
  second.abort(new Error('enough'));
  await expect(two).rejects.toThrow('enough');
  first.abort();
  ends[0]?.reject(new Error('given up'));
  await expect(one).rejects.toThrow('given up');
  await expect.poll(() => ends).toHaveLength(2);
  ends[1]?.resolve('file');
  expect(await three).toBe('file');
});
