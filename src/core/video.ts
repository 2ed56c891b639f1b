import type { Numbers } from './numbers.ts';

/** One item of a source, as stored. */
export interface Video {
  id: number;
  sourceId: number;
  /** The source's own id: text, up to 19 digits and more. */
  remoteId: string;
  /** Public page of the video. */
  url: string;
  caption: string;
  /** Epoch ms. */
  publishedAt: number;
  /** When we first saw it (epoch ms). */
  seenAt: number;
  kind: 'video' | 'photo';
  /** Whole seconds as the source states it; 0 or undefined where it doesn't. */
  durationSeconds?: number;
  width?: number;
  height?: number;
  /** The source's AI-content label, carried over to the destinations. */
  aiGenerated?: boolean;
  coverUrl?: string;
  /** Further facts, for filters (pinned, language, watermark …). */
  facts: Readonly<Record<string, unknown>>;
  /** `public` as last seen; `gone` once the source no longer shows it. */
  state: 'public' | 'gone';
}

/** One item as a source reports it. */
export type SourceItem = Omit<Video, 'id' | 'sourceId' | 'seenAt' | 'state'> & {
  /** Views and likes, where the source tells them with the list. */
  told?: Numbers;
};
