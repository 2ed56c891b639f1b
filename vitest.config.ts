import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // System tests share the machine with browsers, compilers and servers that they start: a second look tells a
    // fault from a moment without a processor.
    retry: 1,
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
