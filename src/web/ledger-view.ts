import type { LedgerRow } from '../store/types.ts';
import { iso } from './views.ts';

/** One job as other tools know it: a line of the ledger's file (docs/ledger.md). */
export function ledgerView(row: LedgerRow) {
  return {
    source: row.source,
    video: row.video,
    account: `${row.platform}:${row.handle}`,
    accountId: row.accountRemoteId,
    state: row.state,
    post: row.post && { id: row.post.id, url: webAddress(row.post.url) },
    at: iso(row.post?.publishedAt ?? row.updatedAt),
    videoUrl: webAddress(row.videoUrl),
    videoAt: iso(row.videoAt),
    caption: row.caption,
  };
}

/** A file’s place in a folder says nothing elsewhere. */
const webAddress = (url: string | null) => (url !== null && /^https?:\/\//u.test(url) ? url : null);
