import type { Clock } from './clock.ts';

/** A part of a file, sent without loading the file: bytes `start` (inclusive) to `end` (exclusive). */
export interface FilePart {
  path: string;
  start: number;
  end: number;
}

export interface MultipartField {
  name: string;
  /** Text, or bytes, or a part of a file. */
  value: string | Uint8Array | FilePart;
  filename?: string;
  contentType?: string;
}

/** One request, as platform code writes it. At most one of json, form, multipart and body. */
export interface HttpRequest {
  /** Default GET, or POST where there is something to send. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Absolute production address; the origins map is applied by the transport, nowhere else. */
  url: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  form?: Readonly<Record<string, string | undefined>>;
  multipart?: readonly MultipartField[];
  body?: string | Uint8Array | FilePart;
  /**
   * The platform's name for this call, as in its `costs` (for example `videos.insert`). Names what is spent,
   * counted and shown; without one only the default cost `*` applies.
   */
  call?: string;
  /** Statuses that are answers and not errors, besides 2xx (for example 308). */
  accept?: readonly number[];
  /**
   * An effect that a viewer can see: sent on a fresh connection, because a kept-alive one that the server
   * closes at the wrong moment makes the outcome ambiguous for nothing.
   */
  effect?: boolean;
  /** Overall deadline in ms, from the first byte sent to the last byte read. Default `http.timeout`. */
  timeoutMs?: number;
  /** Bytes sent so far of a file part, for progress bars. */
  onProgress?: (sentBytes: number) => void;
  /** False: no credentials are added. Default true for an account's Http. */
  authorize?: boolean;
  signal?: AbortSignal;
}

export interface HttpResponse {
  status: number;
  /** Names in lower case. Repeated headers are joined with `, `. */
  headers: Readonly<Record<string, string>>;
  /** The body as text, whole. Bodies of API answers are bounded (8 MiB). */
  text: string;
  /** The address asked, with secrets masked: for messages and traces. */
  url: string;
  /**
   * The body as JSON. Integers beyond 2^53 come as strings, so that a remote id never passes through a float.
   * Throws Failure E_BAD_ANSWER where it is not JSON.
   */
  json<T = unknown>(): T;
}

/** A way to send requests. Throws Failure for transport errors and for statuses that are not accepted. */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
  readonly clock: Clock;
}
