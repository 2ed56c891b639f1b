import type { ClientBase } from 'pg';
import { expect, it } from 'vitest';
import type { Operation, Work } from '../../src/store/connection.ts';
import { driveAlone } from '../../src/store/postgres/transaction.ts';

function openClient() {
  const asked: string[] = [];
  const client = { query: async ({ text }: { text: string }) => asked.push(text) };
  return { asked, client: client as unknown as ClientBase };
}

const ask = (sql: string): Operation => ({ sql, values: {} });

it('one statement is asked without a transaction, and what it gives is given', async () => {
  const { asked, client } = openClient();
  const work = function* (): Work<unknown> {
    return { rows: yield ask('SELECT 1') };
  };
  expect(await driveAlone(client, work())).toEqual({ value: { rows: 1 } });
  expect(asked).toEqual(['SELECT 1']);
});

it('work that asks more is left alone after its first statement, and before it from then on', async () => {
  const { asked, client } = openClient();
  const work = function* (): Work<unknown> {
    yield ask('SELECT 2');
    return yield ask('SELECT 3');
  };
  expect(await driveAlone(client, work())).toBeUndefined();
  expect(asked).toEqual(['SELECT 2']);
  expect(await driveAlone(client, work())).toBeUndefined();
  expect(asked).toEqual(['SELECT 2']);
});

it('work that asks nothing is done', async () => {
  const { asked, client } = openClient();
  const work = function* (wanted: readonly string[]): Work<unknown> {
    for (const sql of wanted) yield ask(sql);
    return 'known';
  };
  expect(await driveAlone(client, work([]))).toEqual({ value: 'known' });
  expect(asked).toEqual([]);
});
