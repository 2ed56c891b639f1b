import { bench } from './bench.ts';
import { children } from './children.ts';

/**
 * ROOT [--quick] [--only=NAME,NAME] [--baselines=ROUNDS]: measures; the program starts itself again, with the name of a
 * child in ROOT’s place, for what must be measured in a process of its own.
 */
const [, self = '', first = '', ...rest] = process.argv;
const child = children[first];
if (child) await child(...rest);
else {
  const value = (name: string) => rest.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
  const only = value('only')?.split(',');
  const rounds = value('baselines');
  await bench({
    root: first,
    self: [process.execPath, self],
    quick: rest.includes('--quick') || rounds !== undefined,
    ...(only ? { only } : {}),
    ...(rounds === undefined ? {} : { baselineRounds: Number(rounds) }),
  });
  // Servers of packages that are compared with may leave handles behind.
  process.exit();
}
