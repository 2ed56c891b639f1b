import { setFlagsFromString } from 'node:v8';

/**
 * V8’s own ways to compile WebAssembly anew, optimised: on by default in Node 20. Those of other versions are not known
 * here, and what can’t be put back exactly must not be touched: V8 refuses code that was kept under other flags.
 * Without the third it would compile each function at its first call, and ask the flags of that moment.
 */
const OPTIMISING = ['wasm-dynamic-tiering', 'wasm-tier-up', 'wasm-lazy-compilation'] as const;
const known = process.versions.v8.startsWith('11.3.');

type Compiler = new (bytes: Uint8Array) => object;

/**
 * Lets the next WebAssembly module stay as it is first compiled. undici’s parser of HTTP is one: after a few hundred
 * answers V8 would optimise it, for half a second of CPU and 35 MiB of memory, to save microseconds an answer.
 * A module takes with it how it was made: so only meanwhile the flags are others.
 */
export function leaveNextModuleLean(place: { Module: Compiler } = wasm()): void {
  if (!known) return;
  const { Module } = place;
  place.Module = new Proxy(Module, {
    construct(compile, words: [Uint8Array]) {
      place.Module = Module;
      for (const flag of OPTIMISING) setFlagsFromString(`--no-${flag}`);
      try {
        return Reflect.construct(compile, words) as object;
      } finally {
        for (const flag of OPTIMISING) setFlagsFromString(`--${flag}`);
      }
    },
  });
}

const wasm = () => (globalThis as unknown as { WebAssembly: { Module: Compiler } }).WebAssembly;
