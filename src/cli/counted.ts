/** `1 post`, `12 posts`: for things whose plural takes an s. */
export const counted = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`;
