import { existsSync } from 'node:fs';
import { SECOND } from '../core/clock.ts';
import type { PastPost } from '../core/past-posts.ts';
import type { MediaSpec } from '../core/rule.ts';
import type { Video } from '../core/video.ts';
import type { SourceRow, Store } from '../store/types.ts';

/** Where an imported export lies, and from when to when its posts are (epoch ms). Its links are read from it when needed. */
interface Import {
  path: string;
  from: number;
  to: number;
}

const keyOf = (sourceId: number) => `import.${sourceId}`;

/** The file stays where it is: its links are signed, and belong into no database. */
export async function rememberImport(
  store: Store,
  row: SourceRow,
  path: string,
  posts: readonly PastPost[],
): Promise<void> {
  const times = posts.map(({ postedAt }) => postedAt).sort((a, b) => a - b);
  const [from, to] = [times.at(0), times.at(-1)];
  if (from === undefined || to === undefined) return;
  const entry: Import = { path, from, to };
  await store.meta.set(keyOf(row.id), JSON.stringify(entry));
}

/** The export that was imported, as a further place where this video's file may be. */
export async function importedMedia(store: Store, video: Video): Promise<MediaSpec[]> {
  const text = await store.meta.get(keyOf(video.sourceId));
  if (text === undefined) return [];
  const { path, from, to } = JSON.parse(text) as Import;
  const inside = video.publishedAt >= from - 2 * SECOND && video.publishedAt <= to + 2 * SECOND;
  return inside && existsSync(path) ? [{ kind: 'export', path }] : [];
}
