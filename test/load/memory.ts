import { readFileSync } from 'node:fs';

export interface MemorySample {
  atMs: number;
  bytes: number;
}

/** Resident memory of a process (proc(5), VmRSS). */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}

/** Takes a sample of a process every so often, until it is told to end. */
export function watchMemory(pid: number, everyMs: number): { samples: MemorySample[]; end(): void } {
  const startedAt = performance.now();
  const samples: MemorySample[] = [];
  const timer = setInterval(() => {
    try {
      samples.push({ atMs: performance.now() - startedAt, bytes: residentBytes(pid) });
    } catch {
      clearInterval(timer);
    }
  }, everyMs);
  return { samples, end: () => clearInterval(timer) };
}

/** The middle of each quarter of the samples, in MiB: what grows shows from one to the next. */
export function quarters(samples: readonly MemorySample[]): number[] {
  const size = Math.ceil(samples.length / 4);
  return [0, 1, 2, 3].map((n) => {
    const part = samples.slice(n * size, (n + 1) * size).map(({ bytes }) => bytes);
    part.sort((a, b) => a - b);
    return Math.round((part[Math.floor(part.length / 2)] ?? 0) / 2 ** 20);
  });
}
