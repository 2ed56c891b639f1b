import type { Sql } from '../connection.ts';

/** A statement for PostgreSQL: its parameters by number, and which value each number is. */
export interface Statement {
  text: string;
  names: readonly string[];
}

/**
 * What differs, as far as our statements use it. Texts in quotes stay as they are; `user` would be the name of
 * whoever is connected (https://www.postgresql.org/docs/current/sql-keywords-appendix.html).
 */
const TOKENS = new RegExp(
  [
    String.raw`(?<member>[\w.]+) ->> '\$\.(?<key>\w+)'`,
    "(?<quoted>'(?:[^']|'')*')",
    String.raw`FROM json_each\(:(?<list>\w+)\)`,
    String.raw` INDEXED BY \w+`,
    '(?<cross>CROSS JOIN)',
    String.raw`(?<integer>AS INTEGER\b)`,
    String.raw`(?<object>json_object\()`,
    String.raw`(?<same> IS :(?<sameName>\w+))`,
    String.raw`(?<!:):(?<name>[a-zA-Z]\w*)`,
    String.raw`(?<user>(?<![\w:"])user\b(?!"))`,
  ].join('|'),
  'gu',
);

/** The text for PostgreSQL. Pure, so that each statement is translated once. */
export function translate(sql: Sql): Statement {
  const names: string[] = [];
  const numberOf = (name: string) => {
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  };
  const text = (typeof sql === 'string' ? sql : sql.postgres).replace(TOKENS, (...found) => {
    const part = found.at(-1) as Record<string, string | undefined>;
    const { member, key, quoted, list, cross, integer, object, same, sameName, name, user } = part;
    if (member) return `${member}::json ->> '${key}'`;
    if (quoted) return quoted;
    if (list) return `FROM json_array_elements_text(${numberOf(list)}::json) AS listed (value)`;
    if (cross) return 'JOIN';
    if (integer) return 'AS BIGINT';
    if (object) return 'json_build_object(';
    if (same && sameName) return ` IS NOT DISTINCT FROM ${numberOf(sameName)}`;
    if (name) return numberOf(name);
    return user ? '"user"' : '';
  });
  return { text, names };
}
