import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Against hanging, not for measuring: a machine that is busy with other things is no fault.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    // Most system tests wait for processes, browsers and servers rather than work.
    maxWorkers: 3,
    // System tests share the machine with browsers, compilers and servers that they start: a second look tells a
    // fault from a moment without a processor.
    retry: 1,
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
