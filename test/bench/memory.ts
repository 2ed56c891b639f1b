import { readFileSync } from 'node:fs';

/** Memory of this process (MiB), at its peak or now, as the kernel keeps it. */
export const memoryMiB = (which: 'VmHWM' | 'VmRSS'): number =>
  Number(new RegExp(`${which}:\\s+(\\d+)`, 'u').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) /
  1024;
