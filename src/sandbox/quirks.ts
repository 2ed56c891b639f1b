/** Sets a simulator's quirks from JSON; throws an Error for a name there isn't or a value of another kind. */
export function quirkSetter<Quirks extends object>(
  usual: Quirks,
): (quirks: Quirks, input: unknown) => Quirks {
  const known = new Map<string, unknown>(Object.entries(usual));
  return (quirks, input) => {
    if (typeof input !== 'object' || input === null) return quirks;
    for (const [name, value] of Object.entries(input)) {
      if (!known.has(name)) throw new Error(`there is no quirk ${name}`);
      const wanted = kindOf(known.get(name));
      if (kindOf(value) !== wanted) throw new Error(`the quirk ${name} wants a ${wanted}`);
      Object.assign(quirks, { [name]: value });
    }
    return quirks;
  };
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);

/** True, and one less to come, while there are some left. */
export function spendOne<Counter extends string>(quirks: Record<Counter, number>, counter: Counter): boolean {
  if (quirks[counter] <= 0) return false;
  quirks[counter] -= 1;
  return true;
}
