/** What a look into a video file found. Absent where it could not be told. */
export interface MediaFacts {
  container: 'mp4' | 'mov' | 'webm' | 'mkv' | 'other';
  bytes: number;
  durationMs: number;
  /** Pixels as shown: a rotated video has its sides swapped already. */
  width: number;
  height: number;
  /** Lower-case short names: h264, hevc, vp9, av1. */
  videoCodec: string;
  /** aac, mp3, opus; undefined where there is no sound. */
  audioCodec?: string;
  frameRate?: number;
  bitRate?: number;
  /** True when `moov` stands before `mdat`. */
  fastStart?: boolean;
  /** True when an edit list shifts or trims the video. */
  editList?: boolean;
  pixelFormat?: string;
  /** Degrees clockwise by which the stored picture is turned to be shown: 0, 90, 180, 270. */
  rotation?: number;
}

/** A picture of a video, as JPEG. */
export interface FrameWish {
  /** Past the end: the last picture. */
  atSeconds: number;
  /** Pixels of the longer side, at most. */
  maxSide: number;
  maxBytes: number;
}

/** A verified file in the cache, ready to be sent. */
export interface MediaFile extends MediaFacts {
  path: string;
  sha256: string;
  mimeType: string;
}

/** What a platform takes, as data; each with the address it came from. */
export interface MediaRules {
  containers: readonly MediaFacts['container'][];
  videoCodecs: readonly string[];
  audioCodecs: readonly string[];
  minDurationMs?: number;
  maxDurationMs?: number;
  maxBytes?: number;
  minFrameRate?: number;
  maxFrameRate?: number;
  minWidth?: number;
  minHeight?: number;
  maxWidth?: number;
  maxHeight?: number;
  /** Width ÷ height. */
  minAspect?: number;
  maxAspect?: number;
  maxBitRate?: number;
  /** True where `moov` must come first. */
  fastStart?: boolean;
  /** True where edit lists are refused. */
  noEditList?: boolean;
  source: string;
}
