import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Grant } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import type { Http } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import type { Service } from '../../src/core/platform.ts';
import type { TracedExchange } from '../../src/core/session.ts';
import { accountHttp } from '../../src/net/http.ts';
import { api, httpServer, readAll, transportTo } from './servers.ts';

export const service: Service = {
  id: 'x',
  name: 'X',
  origins: [api],
  signIn: { kind: 'token', what: 'a token', fromToken: async () => grantOf('unused') },
  limits: [],
  costs: {},
  identities: async () => [],
  classify: () => undefined,
};

export function grantOf(accessToken: string): Grant {
  return { accessToken, refreshToken: `refresh-of-${accessToken}`, scopes: [], obtainedAt: 0 };
}

export interface Bench {
  http: Http;
  traces: TracedExchange[];
  /** What happened, in order. */
  log: string[];
  learned: LimitReading[];
}

type Answerer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** An account's Http against a server, with a meter and tokens that write down what they are asked. */
export async function bench(answerer: Answerer, more: Partial<Service> = {}): Promise<Bench> {
  const log: string[] = [];
  const traces: TracedExchange[] = [];
  const learned: LimitReading[] = [];
  const { url } = await httpServer(async (request, response) => {
    const body = (await readAll(request)).toString();
    log.push(`${request.method} ${request.headers.authorization ?? 'nobody'}`);
    answerer(request, response, body);
  });
  let generation = 1;
  const http = accountHttp({
    transport: transportTo(url),
    clock: new TestClock(),
    timeoutMs: 5000,
    service: { ...service, ...more },
    trace: (exchange) => traces.push(exchange),
    tokens: {
      current: async () => grantOf(`access-token-${generation}`),
      renew: async (refused) => {
        log.push(`renew ${refused.accessToken}`);
        generation += 1;
        return grantOf(`access-token-${generation}`);
      },
    },
    meter: {
      spend: async (request) => void log.push(`spend ${request.call}`),
      learn: async (readings) => void learned.push(...readings),
    },
  });
  return { http, traces, log, learned };
}
