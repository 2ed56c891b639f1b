import type { CachedMedia, MediaRegister } from '../../src/media/cache.ts';

/** A register as the store keeps it, in memory. */
export function memoryRegister(
  inUse: Set<string> = new Set(),
): MediaRegister & { rows: Map<string, CachedMedia> } {
  const rows = new Map<string, CachedMedia>();
  return {
    rows,
    async save(media) {
      rows.set(media.sha256, media);
    },
    async get(sha256) {
      return rows.get(sha256);
    },
    async touch(sha256, now) {
      const row = rows.get(sha256);
      if (row !== undefined) rows.set(sha256, { ...row, lastUsedAt: now });
    },
    async list() {
      return [...rows.values()].sort((one, other) => one.lastUsedAt - other.lastUsedAt);
    },
    async inUse(sha256) {
      return inUse.has(sha256);
    },
    async remove(sha256) {
      rows.delete(sha256);
    },
  };
}
