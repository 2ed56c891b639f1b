import type { Grant } from '../../src/core/account.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Http } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import type { Service } from '../../src/core/platform.ts';
import type { Trace } from '../../src/core/session.ts';
import { openBody } from '../../src/net/body.ts';
import type { PlainHttp } from '../../src/net/http.ts';
import { accountHttp, plainHttp } from '../../src/net/http.ts';
import type { RawRequest, Transport } from '../../src/net/wire.ts';
import type { Answer, Cut, Sandbox } from '../../src/sandbox/sandbox.ts';

export interface InProcessOptions {
  service: Service;
  /** Credentials of every request that wants any. A function: asked each time. */
  grant?: Grant | (() => Grant);
  /** After a refused token: the grant to repeat with. Default: the same again, so nothing is repeated. */
  renew?: (refused: Grant) => Promise<Grant>;
  /** Is told every reading that an answer gave. */
  learned?: (readings: readonly LimitReading[]) => void;
  trace?: Trace;
  timeoutMs?: number;
}

/**
 * An account's Http on a sandbox in this process: the rules of the net room, without sockets. What a cut
 * connection means is as on a real one: nobody can tell.
 */
export function inProcessHttp(sandbox: Sandbox, options: InProcessOptions): Http {
  const { service, grant, learned, trace, timeoutMs = 30_000 } = options;
  const pieces = {
    transport: sandboxTransport(sandbox),
    clock: sandbox.clock,
    service,
    timeoutMs,
    ...(trace ? { trace } : {}),
  };
  if (grant === undefined) return plainHttp(pieces);
  const current = async () => (typeof grant === 'function' ? grant() : grant);
  return accountHttp({
    ...pieces,
    tokens: { current, renew: options.renew ?? (async (refused) => refused) },
    meter: { spend: async () => {}, learn: async (readings) => learned?.(readings) },
  });
}

/** An Http without credentials on a sandbox in this process: for signing in. */
export function inProcessPlainHttp(sandbox: Sandbox, service?: Service): PlainHttp {
  return plainHttp({
    transport: sandboxTransport(sandbox),
    clock: sandbox.clock,
    timeoutMs: 30_000,
    ...(service ? { service } : {}),
  });
}

/** The way to the sandbox, in place of the one to the network. */
export function sandboxTransport(sandbox: Sandbox): Transport {
  async function ask(raw: RawRequest): Promise<Answer> {
    const url = new URL(raw.url);
    const body = await readWhole(raw);
    const result = await sandbox.dispatch({
      origin: url.origin,
      method: raw.method,
      path: url.pathname,
      query: url.searchParams,
      headers: { host: url.host, ...raw.headers, 'content-length': String(body.length) },
      body,
      complete: true,
    });
    if ('cut' in result) throw cutFailure(result, url.host);
    return result;
  }
  return {
    async send(raw) {
      const { status, headers, body } = await ask(raw);
      return { status, headers, text: body.toString() };
    },
    async download(raw) {
      const { status, headers, body } = await ask(raw);
      raw.onHead({ status, headers });
      raw.onData(body);
    },
    close: async () => {},
  };
}

function cutFailure({ cut }: Cut, host: string): Failure {
  return new Failure('E_NO_ANSWER', { message: `${host}: the connection was cut (${cut}).` });
}

async function readWhole(raw: RawRequest): Promise<Buffer> {
  const opened = await openBody(raw.body, raw.onProgress);
  try {
    if (opened.source === null) return Buffer.alloc(0);
    if (opened.source instanceof Uint8Array) return Buffer.from(opened.source);
    const pieces: Buffer[] = [];
    // Each piece may live in a buffer that is filled anew for the next one.
    for await (const piece of opened.source) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  } finally {
    await opened.close();
  }
}
