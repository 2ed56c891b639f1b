import { setFlagsFromString } from 'node:v8';

/**
 * V8’s own budget, after which it compiles a WebAssembly function anew, optimised, and its default in Node 20. That of
 * other versions is not known here, and what can’t be put back exactly must not be touched: V8 refuses code that was
 * kept under other flags.
 */
const BUDGET = '--wasm-tiering-budget';
const usual = process.versions.v8.startsWith('11.3.') ? 1_800_000 : undefined;
const NEVER = 1_000_000_000;

type Compiler = new (bytes: Uint8Array) => object;

/**
 * Lets the next WebAssembly module stay as it is first compiled. undici’s parser of HTTP is one: after a few dozen
 * answers V8 would optimise it, for a quarter of a second of CPU and 35 MiB of memory, to save microseconds an answer.
 * A module takes its budget with it when it is made: so only meanwhile it is another one.
 */
export function leaveNextModuleLean(place: { Module: Compiler } = wasm()): void {
  if (usual === undefined) return;
  const { Module } = place;
  place.Module = new Proxy(Module, {
    construct(compile, words: [Uint8Array]) {
      place.Module = Module;
      setFlagsFromString(`${BUDGET}=${NEVER}`);
      try {
        return Reflect.construct(compile, words) as object;
      } finally {
        setFlagsFromString(`${BUDGET}=${usual}`);
      }
    },
  });
}

const wasm = () => (globalThis as unknown as { WebAssembly: { Module: Compiler } }).WebAssembly;
