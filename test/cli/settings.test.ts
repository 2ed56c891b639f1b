import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bench, openBench } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench?.close());

it.each([
  ['store', 'postgres://user:secret@host/db'],
  ['store', 'mysql://host/db'],
  ['timezone', 'Mars/Phobos'],
  ['daemon.http', 'foo'],
  ['daemon.http.origin', 'nonsense'],
  ['host.url', 'nonsense'],
  ['analytics.interval', '1s'],
])('the setting %s is never kept as %s', async (key, value) => {
  const before = await bench.terminal.json<{ value: string }>(['config', 'get', key]);
  expect(await bench.terminal.failure(['config', 'set', key, value])).toMatchObject({
    code: 'E_CONFIG',
    exit: 1,
  });
  expect(await bench.terminal.json(['config', 'get', key])).toEqual(before);
});

it.each([
  ['timezone', 'Europe/Rome'],
  ['daemon.http', '[::1]:4455'],
  ['daemon.http', 'off'],
  ['host.url', 'https://media.example.com/out'],
  ['store', 'postgres://user@host/db'],
])('the setting %s can be %s', async (key, value) => {
  expect(await bench.terminal.json(['config', 'set', key, value])).toMatchObject({ key, value });
  await bench.terminal.json(['config', 'unset', key]);
});

it('a month’s money is given in dollars, and said in them', async () => {
  await bench.signIn('x');
  const set = async (max: string) => {
    const { limits } = await bench.terminal.json<{ limits: { bucket: string; max: number }[] }>([
      ...['accounts', 'show', 'x:@creator'],
    ]);
    expect(limits.some(({ bucket }) => bucket === 'money')).toBe(true);
    return (await bench.terminal.run(['limits', 'set', 'x:@creator', 'money', max])).out.trim();
  };
  expect(await set('5.00')).toMatch(/at most \$5\.00\.$/u);
  expect(await set('$0.5')).toMatch(/at most \$0\.50\.$/u);
  expect(await set('500000')).toMatch(/at most \$5\.00\.$/u);
  expect(await set('5')).toMatch(/at most \$0\.00005\./u);
  expect(await set('default')).toMatch(/no limit set\.$/u);
  const wrong = ['limits', 'set', 'x:@creator', 'money', 'five'];
  expect(await bench.terminal.failure(wrong)).toMatchObject({ code: 'E_USAGE', exit: 2 });
});
