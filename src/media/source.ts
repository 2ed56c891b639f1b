import type { Failure } from '../core/failure.ts';
import type { MediaSpec } from '../core/rule.ts';
import type { Video } from '../core/video.ts';
import type { MediaTools } from './program.ts';

/** A file that a source offers; not verified yet. */
export interface FoundMedia {
  path: string;
  /** True where the file lies in the context's workspace and may be moved away. */
  owned: boolean;
  /** Where it came from, for people: `folder`, `export`, `yt-dlp 2026.08.19`. */
  origin: string;
  /** True where the source itself says that the picture bears a visible mark. */
  watermarked?: boolean;
  /** The whole caption, where the source knows it: TikTok's API cuts at 150 characters. */
  caption?: string;
}

interface DownloadBounds {
  /** Production addresses only: hosts that may be asked, by their ends (`.tiktokv.com`). */
  hosts: readonly string[];
  maxBytes: number;
  timeoutMs: number;
  signal?: AbortSignal;
}

/** Fetches an address into a new file. Throws Failure; `status` where the server refused. */
export type Download = (url: string, path: string, bounds: DownloadBounds) => Promise<void>;

/** What a source may use to find a file. */
export interface FindContext {
  tools: MediaTools;
  /** A private folder on the cache's disk, gone after the file was taken over. */
  workspace: string;
  /** True once the person agreed to fetching by yt-dlp. */
  consented: boolean;
  /** True where the rule takes a file that bears a visible mark, if there is no other. */
  allowWatermark?: boolean;
  /** Handle of the account that is watched, where it is known: only its own posts are taken. */
  handle?: string;
  /** The origins map, for addresses that another program asks. */
  mapUrl(url: string): string;
  download: Download;
  /** Videos of the same source around this one: a file that fits several is no proof for any. */
  siblings?: readonly Pick<Video, 'remoteId' | 'publishedAt' | 'durationSeconds'>[];
  /** The largest file that may be fetched. */
  maxBytes?: number;
  /** Settings of yt-dlp that a person may give. */
  ytDlp?: { rateLimit?: string; cookies?: string; impersonate?: string; timeoutMs?: number };
  /** Told what a person should know although the file was found: an old yt-dlp. */
  warn?(message: string): void;
}

/** A place where a video's file may be. Interchangeable: a rule names them in the order they are asked. */
export interface MediaSource<Spec extends MediaSpec = MediaSpec> {
  readonly kind: Spec['kind'];
  /**
   * The file, or why not. A Failure E_NO_MEDIA says it is not there (yet); other codes say what is wrong.
   * Nothing is guessed: several candidates are E_MEDIA_AMBIGUOUS.
   */
  find(video: Video, spec: Spec, context: FindContext): Promise<FoundMedia | Failure>;
}

/** 4 GB: what TikTok takes by its API (https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide). */
export const DEFAULT_MAX_BYTES = 4e9;
