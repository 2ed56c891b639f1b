import { execFileSync } from 'node:child_process';
import { Script } from 'node:vm';
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
