import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bench, openBench } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await bench.addApp('linkedin');
});
afterAll(() => bench?.close());

const accountOf = (out: string) => JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;

it('signs in for a LinkedIn page, and renews it as one', async () => {
  const member = await bench.login(['linkedin'], {});
  expect(member.code).toBe(0);
  expect(accountOf(member.out)['remoteId']).toMatch(/^urn:li:person:/u);
  const page = await bench.login(['linkedin', '--page'], {});
  expect(page.err).not.toContain('E_');
  const { remoteId, account, scopes } = accountOf(page.out);
  expect(remoteId).toMatch(/^urn:li:organization:\d+$/u);
  expect(scopes).toContain('w_organization_social');
  const handle = String(account).replace('linkedin:', '');
  const again = await bench.login(['linkedin', '--account', handle], {});
  expect(accountOf(again.out)).toMatchObject({ remoteId, account });
  expect(await bench.terminal.failure(['login', 'x', '--page'])).toMatchObject({
    exit: 2,
    code: 'E_USAGE',
    message: expect.stringContaining('--page'),
  });
});
