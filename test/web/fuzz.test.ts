import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addToken } from '../../src/web/credentials.ts';
import type { Role } from '../../src/web/deps.ts';
import { type Answer, openWebBench, type WebBench } from './bench.ts';
import {
  arbitraryOf,
  type Document,
  type Operation,
  operationsOf,
  requestOf,
  type Schema,
} from './operations.ts';
import { type Owned, settleUser, snapshotOf } from './world.ts';

/** More with FUZZ_RUNS=200; the seed is printed by fast-check where something fails. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 3);
const roles: readonly Role[] = ['viewer', 'operator', 'admin'];
const rank = { viewer: 0, operator: 1, admin: 2 } as const;

let bench: WebBench;
let operations: Operation[];
let bob: Owned;
const ajv = new Ajv({ strict: false, validateFormats: false });

beforeAll(async () => {
  bench = await openWebBench();
  bob = await settleUser(bench.store, 'bob', 2);
  operations = operationsOf(
    (await bench.ask('GET', '/docs/openapi.json')).body as unknown as Document,
  ).filter(
    // A stream that never ends has tests of its own.
    ({ operationId }) => operationId !== 'followEvents',
  );
});
afterAll(() => bench.close());

/** Which real things stand for a parameter, by the operation's chapter. */
function thingsOf(operation: Operation, owners: readonly Owned[]): Record<string, (string | number)[]> {
  const [tag = ''] = operation.tags;
  const ids: Record<string, (string | number)[]> = {
    accounts: owners.flatMap((owner) => [owner.account, owner.tiktok]),
    limits: owners.map((owner) => owner.account),
    sources: owners.map((owner) => owner.source),
    videos: owners.map((owner) => owner.video),
    jobs: owners.flatMap((owner) => Object.values(owner.jobs)),
    rules: owners.map((owner) => owner.rule),
    users: owners.map((owner) => owner.user),
  };
  const things = ids[tag] ?? [];
  return {
    id: things,
    name: things,
    bucket: ['uploads'],
    code: ['E_QUOTA'],
    key: ['timezone', 'x-links'],
    platform: ['youtube'],
  };
}

function isAllowed(operation: Operation, role: Role, bound: boolean): boolean {
  const access = operation['x-access'] ?? 'open';
  if (access === 'open') return true;
  if (access === 'admin of all') return role === 'admin' && !bound;
  return rank[role] >= rank[access as Role];
}

/** An answer that is what the document says, whatever was asked. */
function checkAnswer(operation: Operation, answer: Answer, asked: string): void {
  expect(answer.status, `${asked}: ${answer.text}`).not.toBe(500);
  const { responses } = operation;
  const response =
    answer.status === 200 ? responses['200'] : responses[`${Math.floor(answer.status / 100)}XX`];
  const schema = Object.values(response?.content ?? {})[0]?.schema as Schema | undefined;
  expect(schema, `${asked} answered ${answer.status}`).toBeDefined();
  const check = ajv.compile(schema as object);
  expect(check(answer.body) ? [] : [asked, answer.text.slice(0, 300), check.errors]).toEqual([]);
}

async function hammer(role: Role, user: string | null, owners: readonly Owned[]): Promise<void> {
  for (const operation of operations) {
    const { secret } = await addToken(
      bench.store,
      { name: 'fuzz', user, role, expiresAt: null },
      bench.app.clock.now(),
    );
    await fc.assert(
      fc.asyncProperty(requestOf(operation, thingsOf(operation, owners)), async ({ url, body, headers }) => {
        const answer = await bench.ask(operation.method, url, { token: secret, body, headers });
        checkAnswer(operation, answer, `${operation.method} ${url} ${JSON.stringify(body)}`);
        if (!isAllowed(operation, role, user !== null)) expect(answer.status).toBe(403);
        if (user !== null) expect(answer.text).not.toContain('secret-of-bob');
      }),
      { numRuns: runs, endOnFailure: true },
    );
  }
  expect(bench.complaints).toEqual([]);
}

describe('whatever is asked', () => {
  it('describes every route of the API', () => {
    expect(operations.length).toBeGreaterThan(50);
    expect(
      operations.filter((operation) => operation['x-access'] === undefined).map((one) => one.operationId),
    ).toEqual(['signIn']);
  });

  for (const role of roles)
    it(`a ${role} who is bound to a user gets what is described, and nothing of others`, async () => {
      const own = await settleUser(bench.store, `anna-${role}`, 10 + rank[role]);
      // As far as the role goes that the token has.
      await bench.store.users.save({ name: own.user, role, limits: { requestsPerMinute: 1e6 } }, 0);
      const before = await snapshotOf(bench.store, bob);
      await hammer(role, own.user, [bob, own]);
      expect(await snapshotOf(bench.store, bob)).toBe(before);
    });

  for (const role of roles)
    it(`a ${role} of all gets what is described`, async () => {
      await hammer(role, null, [bob]);
    });

  it('nobody gets anything without a token', async () => {
    for (const operation of operations.filter((one) => one['x-access'] !== undefined)) {
      const [request] = fc.sample(requestOf(operation, thingsOf(operation, [bob])), 1);
      const answer = await bench.ask(operation.method, request?.url ?? '', { body: request?.body });
      expect([operation.operationId, answer.status]).toEqual([operation.operationId, 401]);
    }
  });
});

describe('things of others', () => {
  it('are not found, on every route, for every role, however right the request is', async () => {
    const other = await settleUser(bench.store, 'carol', 3);
    await bench.store.users.save({ name: 'dora', role: 'admin', limits: { requestsPerMinute: 1e6 } }, 0);
    const before = await snapshotOf(bench.store, other);
    let asked = 0;
    for (const operation of operations.filter(({ path }) => path.includes('{'))) {
      const things = thingsOf(operation, [other]);
      const [name = ''] = /\{(id|name)\}/u.exec(operation.path)?.slice(1) ?? [];
      const schema = operation.requestBody?.content['application/json']?.schema;
      for (const role of roles)
        for (const thing of things[name] ?? []) {
          const path = operation.path
            .replace(/\{(?:id|name)\}/u, String(thing))
            .replace(/\{(\w+)\}/gu, (_, key: string) => String(things[key]?.[0]));
          const token = await bench.token(role, 'dora');
          const body = schema && (fc.sample(arbitraryOf(schema), 1)[0] as unknown);
          const answer = await bench.ask(operation.method, path, { token, body });
          asked += 1;
          const expected = isAllowed(operation, role, true) ? 404 : 403;
          const seen = answer.text.includes('secret-of');
          expect([operation.operationId, role, thing, answer.status, seen]).toEqual([
            operation.operationId,
            role,
            thing,
            expected,
            false,
          ]);
        }
    }
    expect(asked).toBeGreaterThan(150);
    expect(await snapshotOf(bench.store, other)).toBe(before);
  });
});
