import { userInfo } from 'node:os';

/** The name of who runs this program; its number where the system knows no name (a container’s bare uid). */
export function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Undefined where users have no numbers. */
export function osUserId(): number | undefined {
  return process.getuid?.();
}
