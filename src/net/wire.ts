import type { FilePart, MultipartField } from '../core/http.ts';

/** A multipart body: its parts and the boundary that stands in the Content-Type header. */
export interface MultipartBody {
  boundary: string;
  fields: readonly MultipartField[];
}

export type RawBody = string | Uint8Array | FilePart | MultipartBody;

/** One request as it goes to the network, but for the origins map, which the transport applies. */
export interface RawRequest {
  method: string;
  /** Absolute production address with its query. */
  url: string;
  /** Content-Length is the transport's affair. */
  headers: Readonly<Record<string, string>>;
  body?: RawBody | undefined;
  /** True: a fresh connection. */
  effect?: boolean | undefined;
  /** Overall deadline in ms: connecting, sending and reading together. */
  timeoutMs: number;
  /** File bytes that have left so far. */
  onProgress?: ((sentBytes: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface RawHead {
  status: number;
  /** Names in lower case; repeated headers joined with `, `. */
  headers: Record<string, string>;
}

export interface RawResponse extends RawHead {
  text: string;
}

/** A download: no redirect is followed, nothing is decoded. */
export interface RawDownload extends RawRequest {
  /** True: names that resolve to this machine or a private network are refused. */
  publicOnly: boolean;
  onHead(head: RawHead): void;
  /** Called for every piece; what it throws ends the transfer. */
  onData(piece: Uint8Array): void;
}

/** The way to the network. Throws Failure: `certain` where the request provably never left. */
export interface Transport {
  /** Sends and reads the whole answer, of whatever status, at most 8 MiB. Follows no redirect, retries nothing. */
  send(request: RawRequest): Promise<RawResponse>;
  /** Streams an answer of any size. */
  download(request: RawDownload): Promise<void>;
  /** Ends all connections at once: to be called when nothing is under way. */
  close(): Promise<void>;
}
