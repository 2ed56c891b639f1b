import type { KeptBlob, KeptRecord } from './bluesky-repo.ts';
import type { SimPost } from './types.ts';

/** A post as a viewer sees it. */
export function postOf(
  record: KeptRecord,
  blob: (cid: string) => KeptBlob | undefined,
  uri: string,
): SimPost {
  const { did, rkey, value, writtenAt } = record;
  const [cid = ''] = blobsIn(value);
  const file = blob(cid);
  const { text, ...facts } = value;
  return {
    platform: 'bluesky',
    accountId: did,
    id: uri,
    url: `https://bsky.app/profile/${did}/post/${rkey}`,
    text: String(text ?? ''),
    sha256: file?.sha256 ?? '',
    bytes: file?.mediaBytes ?? 0,
    visible: true,
    publishedAt: writtenAt,
    facts: { rkey, ...facts },
  };
}

/** Every file that a record uses. */
export function blobsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(blobsIn);
  if (typeof value !== 'object' || value === null) return [];
  const { $type, ref } = value as { $type?: unknown; ref?: { $link?: unknown } };
  if ($type === 'blob' && typeof ref?.$link === 'string') return [ref.$link];
  return Object.values(value).flatMap(blobsIn);
}

/** Servers believe the bytes, not the header. */
export function sniffed(bytes: Buffer): string | undefined {
  const brand = bytes.subarray(4, 12).toString('latin1');
  if (brand.startsWith('ftypqt')) return 'video/quicktime';
  if (brand.startsWith('ftyp')) return 'video/mp4';
  return bytes.subarray(0, 4).toString('hex') === '1a45dfa3' ? 'video/webm' : undefined;
}
