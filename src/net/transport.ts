import type { Dispatcher } from 'undici';
import type { Failure } from '../core/failure.ts';
import { publicLookup } from './addresses.ts';
import { type OpenBody, openBody } from './body.ts';
import { decodeText, tooLong } from './decode.ts';
import { type Attempt, deadlineFailure, interruptedFailure, networkFailure } from './faults.ts';
import { noOrigins, type OriginMap } from './origins.ts';
import type * as undici from './undici.ts';
import type { RawDownload, RawHead, RawRequest, RawResponse, Transport } from './wire.ts';

export interface TransportOptions {
  origins?: OriginMap;
  /** As HTTPS_PROXY: for https addresses. Loopback addresses never go through it. */
  proxy?: string | undefined;
  /** As NO_PROXY: names, or endings of names, that are asked directly; `*` is all. */
  noProxy?: string | undefined;
  /** Most connections to one origin. */
  connections?: number;
  connectTimeoutMs?: number;
  /** Longest silence before an answer begins; while a body is sent, longest time for one piece of it. */
  headersTimeoutMs?: number;
  /** Longest silence within an answer. */
  bodyTimeoutMs?: number;
}

/** Longest answer of an API. */
const maxAnswerBytes = 8 * 2 ** 20;

/** setTimeout fires at once for delays past this. */
const longestTimeout = 2 ** 31 - 1;

/**
 * The one way to the network. Applies the origins map; keeps connections alive for ordinary calls; sends
 * effects on a connection of their own, because 42 of 600 POSTs failed on kept-alive ones that a server closed
 * at the wrong moment and none on fresh ones. Retries nothing and follows no redirect.
 */
export function undiciTransport(options: TransportOptions = {}): Transport {
  const { origins = noOrigins, headersTimeoutMs = 120_000, bodyTimeoutMs = 60_000 } = options;
  const agents = openAgents(options);

  async function stream(raw: RawRequest & Partial<RawDownload>): Promise<void> {
    const attempt: Attempt = { host: new URL(raw.url).host, sent: false };
    const target = new URL(origins.map(raw.url));
    const kind = raw.publicOnly === true ? 'guarded' : raw.effect === true ? 'fresh' : 'kept';
    const agent = await agents.choose(target, kind);
    if (raw.signal?.aborted) throw interruptedFailure(attempt);
    const body = await openBody(raw.body, raw.onProgress);
    try {
      await exchange(agent, requestOf(raw, target, body), raw, attempt);
    } finally {
      await body.close();
    }
  }

  function requestOf(raw: RawRequest, target: URL, body: OpenBody): Dispatcher.DispatchOptions {
    const streamed = body.source !== null && !(body.source instanceof Uint8Array);
    return {
      origin: target.origin,
      path: target.pathname + target.search,
      method: raw.method,
      headers: { ...raw.headers, ...(streamed ? { 'content-length': String(body.bytes) } : {}) },
      // undici takes async iterables here; its type forgets them.
      body: (body.bytes === 0 ? null : body.source) as Uint8Array | null,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
      ...(raw.effect === true ? { reset: true } : {}),
    };
  }

  return {
    async send(raw) {
      const { host } = new URL(raw.url);
      const pieces: Buffer[] = [];
      let head: RawHead = { status: 0, headers: {} };
      let bytes = 0;
      await stream({
        ...raw,
        headers: { 'accept-encoding': 'gzip, deflate, br', ...raw.headers },
        onHead: (received) => {
          head = received;
        },
        onData: (piece) => {
          bytes += piece.length;
          if (bytes > maxAnswerBytes) throw tooLong(host, maxAnswerBytes);
          pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
        },
      });
      const text = decodeText(Buffer.concat(pieces), head.headers, { host, maxBytes: maxAnswerBytes });
      return { ...head, text } satisfies RawResponse;
    },
    download: stream,
    close: agents.close,
  };
}

/** One request and its answer, under one deadline. Rejects with a Failure and nothing else. */
function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  raw: RawRequest & Partial<RawDownload>,
  attempt: Attempt,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let ended = false;
    const end = (failure?: Failure) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      raw.signal?.removeEventListener('abort', onAbort);
      if (failure === undefined) return resolve();
      reject(failure);
      controller?.abort(failure);
    };
    const onAbort = () => end(interruptedFailure(attempt));
    const timer = setTimeout(
      () => end(deadlineFailure(attempt, raw.timeoutMs)),
      Math.min(raw.timeoutMs, longestTimeout),
    );
    raw.signal?.addEventListener('abort', onAbort, { once: true });
    const guard = (work: () => void) => {
      if (ended) return;
      try {
        work();
      } catch (error) {
        end(networkFailure(error, attempt));
      }
    };
    dispatcher.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        // Given up while it waited for a connection: it was reported as not sent and must not leave now.
        if (ended) started.abort(new Error('given up'));
        else attempt.sent = true;
      },
      onResponseStart(_, status, headers) {
        if (status >= 200) guard(() => raw.onHead?.({ status, headers: flatten(headers) }));
      },
      onResponseData: (_, piece) => guard(() => raw.onData?.(piece)),
      onResponseEnd: () => end(),
      onResponseError: (_, error) => end(networkFailure(error, attempt)),
    });
  });
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

// ---------------------------------------------------------------- connections

type Kind = 'kept' | 'fresh' | 'guarded';

interface Agents {
  choose(target: URL, kind: Kind): Promise<Dispatcher>;
  close(): Promise<void>;
}

/** Agents are made when first needed, and undici is loaded then: most commands need one of the four at most. */
function openAgents(options: TransportOptions): Agents {
  const { connections = 64, connectTimeoutMs = 10_000, proxy, noProxy = '' } = options;
  const open = new Map<string, Dispatcher>();
  const base = { connections, connectTimeout: connectTimeoutMs, connect: { timeout: connectTimeoutMs } };

  function make(kind: Kind, proxied: boolean, { Agent, ProxyAgent }: typeof undici): Dispatcher {
    const keepAlive = kind === 'kept' ? {} : { pipelining: 0 };
    if (proxied && proxy !== undefined)
      return new ProxyAgent({ ...base, ...keepAlive, uri: proxy, requestTls: { timeout: connectTimeoutMs } });
    // Through a proxy it is the proxy that resolves names: then only the look at literals guards.
    const connect = kind === 'guarded' ? { ...base.connect, lookup: publicLookup } : base.connect;
    return new Agent({ ...base, ...keepAlive, connect });
  }

  return {
    async choose(target, kind) {
      const proxied = proxy !== undefined && target.protocol === 'https:' && !isDirect(target, noProxy);
      const key = `${kind} ${proxied}`;
      const known = open.get(key);
      if (known) return known;
      const loaded = await import('./undici.ts');
      const found = open.get(key) ?? make(kind, proxied, loaded);
      open.set(key, found);
      return found;
    },
    async close() {
      const agents = [...open.values()];
      open.clear();
      await Promise.all(agents.map((agent) => agent.destroy()));
    },
  };
}

function isDirect(target: URL, noProxy: string): boolean {
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(target.hostname)) return true;
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [name = '', port] = entry
        .toLowerCase()
        .replace(/^\*?\./, '')
        .split(':');
      if (port !== undefined && port !== (target.port || '443')) return false;
      return name === '*' || target.hostname === name || target.hostname.endsWith(`.${name}`);
    });
}
