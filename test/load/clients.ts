import { setMaxListeners } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export interface ClientWork {
  origin: string;
  /** One for each program that asks. */
  programs: string[];
  /** One for each page that listens. */
  pages: string[];
  /** Between two requests of one program, on average (ms). */
  thinkMs: number;
}

export interface ClientReport {
  requests: number;
  /** Answers that were neither 200 nor 404. */
  bad: Record<string, number>;
  p50: number;
  p99: number;
  longest: number;
  events: number;
  pageLoads: number;
  pageP50: number;
  pageP99: number;
}

const addresses = [
  '/api/v1/status',
  '/api/v1/jobs?limit=50',
  '/api/v1/jobs?state=waiting&limit=50',
  '/api/v1/jobs?state=dead',
  '/api/v1/posts?limit=50',
  '/api/v1/videos?limit=50',
  '/api/v1/accounts?limit=50',
  '/api/v1/rules?limit=50',
  '/api/v1/sources?limit=50',
  '/api/v1/audit?limit=50',
  '/api/v1/analytics/week',
] as const;

/** As often as an open page fetches itself anew at most, whatever happens (ms). */
const PAGE_EVERY_MS = 10_000;

/** Programs that ask one thing after another, and pages that follow the changes. Ends with the signal. */
export async function runClients(work: ClientWork, signal: AbortSignal): Promise<ClientReport> {
  setMaxListeners(0, signal);
  const agent = new Agent({ keepAlive: true, maxSockets: work.programs.length + 2 * work.pages.length });
  const times: number[] = [];
  const pageTimes: number[] = [];
  const bad: Record<string, number> = {};
  let events = 0;

  async function ask(path: string, token: string, into: number[]): Promise<void> {
    const startedAt = performance.now();
    try {
      const status = await fetchText(`${work.origin}${path}`, token, agent);
      into.push(performance.now() - startedAt);
      if (status !== 200 && status !== 404) count(`${status} ${path}`);
    } catch (error) {
      if (!signal.aborted) count(String((error as NodeJS.ErrnoException).code ?? error));
    }
  }
  const count = (what: string) => {
    bad[what] = (bad[what] ?? 0) + 1;
  };
  const rest = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);

  async function program(token: string): Promise<void> {
    while (!signal.aborted) {
      await rest(Math.random() * 2 * work.thinkMs);
      if (signal.aborted) return;
      const any = addresses[Math.floor(Math.random() * addresses.length)] ?? addresses[0];
      const path = Math.random() < 0.2 ? `/api/v1/jobs/${1 + Math.floor(Math.random() * 2_000)}` : any;
      await ask(path, token, times);
    }
  }

  async function page(token: string): Promise<void> {
    const stream = await open(`${work.origin}/api/v1/events`, token);
    let dirty = true;
    stream.on('data', (text: Buffer) => {
      events += text.toString().split('\nevent: ').length - 1;
      dirty = true;
    });
    stream.on('error', () => undefined);
    signal.addEventListener('abort', () => stream.destroy());
    while (!signal.aborted) {
      await rest(PAGE_EVERY_MS * (0.5 + Math.random()));
      if (dirty && !signal.aborted) await ask('/', token, pageTimes);
      dirty = false;
    }
  }

  await Promise.all([...work.programs.map(program), ...work.pages.map(page)]);
  agent.destroy();
  const at = (sorted: number[], part: number) =>
    Math.round((sorted[Math.floor(sorted.length * part)] ?? 0) * 10) / 10;
  times.sort((a, b) => a - b);
  pageTimes.sort((a, b) => a - b);
  return {
    requests: times.length,
    bad,
    p50: at(times, 0.5),
    p99: at(times, 0.99),
    longest: Math.round(times.at(-1) ?? 0),
    events,
    pageLoads: pageTimes.length,
    pageP50: at(pageTimes, 0.5),
    pageP99: at(pageTimes, 0.99),
  };
}

function open(url: string, token: string, agent?: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { authorization: `Bearer ${token}` }, ...(agent ? { agent } : {}) }, resolve).on(
      'error',
      reject,
    );
  });
}

async function fetchText(url: string, token: string, agent: Agent): Promise<number> {
  const answer = await open(url, token, agent);
  for await (const _ of answer);
  return answer.statusCode ?? 0;
}
