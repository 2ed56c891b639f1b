/** Why a target is missed, where it is: the limit that measurements found. By the beginning of a row’s name. */
const reasons: readonly [RegExp, string][] = [];

export function whyNot(what: string): string | undefined {
  return reasons.find(([name]) => name.test(what))?.[1];
}
