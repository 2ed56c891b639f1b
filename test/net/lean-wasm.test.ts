import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { transformSync } from 'esbuild';
import { expect, it } from 'vitest';
import { leaveNextModuleLean } from '../../src/net/lean-wasm.ts';

const isNode20 = process.versions.v8.startsWith('11.3.');
const source = 'function add(a, b) { return a + b; } add(1, 2);';
const kept = () => new Script(source).createCachedData().toString('base64');

/** Whether another process, with V8’s usual flags, takes code that was kept here. */
function taken(...all: string[]): boolean[] {
  const program = `console.log(JSON.stringify(process.argv.slice(2).map((data) => !new (require('node:vm').Script)(
    process.argv[1], { cachedData: Buffer.from(data, 'base64') }).cachedDataRejected)))`;
  return JSON.parse(
    execFileSync(process.execPath, ['-e', program, source, ...all], { encoding: 'utf8' }),
  ) as boolean[];
}

it('one module is made under another flag; code that is kept before and after it is taken by the next process', () => {
  const during: string[] = [];
  class Module {
    constructor(_bytes: Uint8Array) {
      during.push(kept());
    }
  }
  const place = { Module };
  const before = kept();
  leaveNextModuleLean(place);
  const waiting = kept();
  expect(new place.Module(new Uint8Array([1]))).toBeInstanceOf(Module);
  expect(place.Module).toBe(Module);
  expect(taken(before, waiting, ...during, kept())).toEqual([true, true, !isNode20, true]);
});

it('the flag is put back also where the module is refused', () => {
  const place = {
    Module: class {
      constructor(_bytes: Uint8Array) {
        throw new Error('no WebAssembly');
      }
    },
  };
  leaveNextModuleLean(place);
  expect(() => new place.Module(new Uint8Array())).toThrow('no WebAssembly');
  expect(taken(kept())).toEqual([true]);
});

/** Counts down from what it is given: (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))). */
const countdown =
  '0061736d0100000001050160017f000302010007050101660000' + '0a10010e000340200041016b22000d000b0b';

it('V8 optimises a hot function, but not one of the module that is left lean', () => {
  const source = readFileSync(new URL('../../src/net/lean-wasm.ts', import.meta.url), 'utf8');
  const { code } = transformSync(source, { loader: 'ts', format: 'cjs' });
  const optimised = (before: string) =>
    execFileSync(
      process.execPath,
      [
        '--trace-wasm-compilation-times',
        '-e',
        `${code}; ${before};
      const { Module, Instance } = WebAssembly;
      const { f } = new Instance(new Module(Buffer.from('${countdown}', 'hex'))).exports;
      for (let n = 0; n < 300; n += 1) f(1_000_000);`,
      ],
      { encoding: 'utf8' },
    ).includes('TurboFan');
  expect([optimised(''), optimised('module.exports.leaveNextModuleLean()')]).toEqual([true, !isNode20]);
});
