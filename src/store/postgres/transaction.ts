import type { ClientBase, QueryResult } from 'pg';
import type { Operation, Work } from '../connection.ts';
import { type Statement, translate } from './dialect.ts';

const textOf = (sql: Operation['sql']) => (typeof sql === 'string' ? sql : sql.postgres);

const statements = new Map<string, Statement & { name: string }>();

/** Each text is translated once, and prepared once on each connection, under its name. */
function prepared(sql: Operation['sql']): Statement & { name: string } {
  const key = textOf(sql);
  let found = statements.get(key);
  if (!found) {
    found = { ...translate(sql), name: `repost_${statements.size + 1}` };
    statements.set(key, found);
  }
  return found;
}

/** PostgreSQL's text has no NUL; what comes from outside (a caption) may. */
const plain = (value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value);

async function ask(client: ClientBase, { sql, values }: Operation): Promise<QueryResult> {
  const { text, names, name } = prepared(sql);
  return client.query({ name, text, values: names.map((one) => plain(values[one] ?? null)) });
}

/** Asks the server what the work asks, one thing after the other. */
export async function drive<T>(client: ClientBase, work: Work<T>): Promise<T> {
  const steps = work[Symbol.iterator]();
  let step = steps.next();
  while (step.done !== true) {
    let answer: QueryResult;
    try {
      answer = await ask(client, step.value);
    } catch (error) {
      if (!steps.throw) throw error;
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answer);
  }
  return step.value;
}

/** First statements of works that were seen to ask more. */
const several = new Set<string>();

/**
 * What a work gives that asks one thing only, as most that read do: a statement is a snapshot by itself, and no
 * transaction around it makes three ways to the server of one. Undefined where it asks more: it is to begin anew, in one.
 */
export async function driveAlone<T>(client: ClientBase, work: Work<T>): Promise<{ value: T } | undefined> {
  const steps = work[Symbol.iterator]();
  const first = steps.next();
  if (first.done === true) return { value: first.value };
  const key = textOf(first.value.sql);
  if (several.has(key)) return undefined;
  const second = steps.next(await ask(client, first.value));
  if (second.done === true) return { value: second.value };
  several.add(key);
  return undefined;
}
