import { type KnownNumbers, type Numbers, numberNames } from '../core/numbers.ts';

const one = { views: 'view', likes: 'like', comments: 'comment', shares: 'share' } as const;

/** 1234 → `1,234`. */
export function countText(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1,234 views, 56 likes`: what was told, or only these of it; '' where nothing was. */
export function numbersText(
  numbers: Numbers | KnownNumbers | null | undefined,
  only: readonly (keyof Numbers)[] = numberNames,
): string {
  return only
    .flatMap((name) => {
      const n = numbers?.[name];
      return n === undefined ? [] : [`${countText(n)} ${n === 1 ? one[name] : name}`];
    })
    .join(', ');
}

/** All of these together; a name that none of them tells stays absent. */
export function summed(all: readonly (Numbers | null | undefined)[]): Numbers {
  const sums = numberNames.map((name) => {
    const told = all.flatMap((one) => one?.[name] ?? []);
    return [name, told.length === 0 ? undefined : told.reduce((sum, n) => sum + n, 0)] as const;
  });
  return Object.fromEntries(sums.filter(([, sum]) => sum !== undefined)) as Numbers;
}
