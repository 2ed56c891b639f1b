import { execFileSync } from 'node:child_process';
import { describe } from 'vitest';

/** True where a program of this name is on the PATH. */
export function hasTool(program: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v -- "$0"', program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * A describe block that needs programs of Debian packages. Where one is missing the block is skipped and its
 * name says which package it wanted; with REPOST_TEST_REQUIRE=all it runs all the same, and fails.
 */
export function describeWith(tools: Readonly<Record<string, string>>, name: string, body: () => void): void {
  const missing = Object.entries(tools)
    .filter(([program]) => !hasTool(program))
    .map(([, debianPackage]) => debianPackage);
  if (missing.length === 0 || process.env['REPOST_TEST_REQUIRE'] === 'all') describe(name, body);
  else describe.skip(`${name} (skipped: wants the Debian packages ${missing.join(', ')})`, body);
}
